//! What hunts call beyond the query and the library: saved functions, what the portals bring, other places.
//!
//! In: a call or a path as written. Out: rows, or the function that a saved text declares. Nothing here reads rows.

pub(super) mod place;
mod portal;
mod saved;
