//! Room for pages that a thread uses again and again: fresh memory costs as much as what is put there.
//!
//! In: packed pages. Out: their bytes.

use super::asker::broken;
use ::polars::prelude::PolarsResult;
use polars_parquet::parquet::compression::{Compression, DecompressionContext, decompress};
use polars_parquet::parquet::page::CompressedDataPage;
use std::cell::Cell;

/// A thread keeps so many bytes of each kind for its next column.
const KEPT: usize = 16 << 20;

thread_local! {
    static ROOM: Cell<Room> = Cell::new(Room::default());
}

/// Room of a thread.
pub(super) struct Room {
    /// For a data page.
    pub(super) page: Vec<u8>,
    /// For a dictionary.
    pub(super) dictionary: Vec<u8>,
    /// For texts with small letters.
    pub(super) small: Vec<u8>,
    /// For numbers of texts.
    pub(super) codes: Vec<u32>,
    /// What unpacking needs.
    pub(super) context: DecompressionContext,
}

impl Default for Room {
    fn default() -> Room {
        let context = DecompressionContext::Unset;
        Room { page: vec![], dictionary: vec![], small: vec![], codes: vec![], context }
    }
}

impl Room {
    /// Takes the room of this thread. What breaks off in the middle does not give it back.
    pub(super) fn take() -> Room {
        ROOM.take()
    }

    /// Gives it back.
    pub(super) fn give_back(mut self) {
        for bytes in [&mut self.page, &mut self.dictionary, &mut self.small] {
            if bytes.capacity() > KEPT {
                *bytes = vec![];
            }
        }
        if self.codes.capacity() > KEPT / 4 {
            self.codes = vec![];
        }
        ROOM.set(self);
    }
}

/// The rows of a page, of which so many are left in its row group. A file that is damaged may tell any number.
pub(super) fn rows_of(page: &CompressedDataPage, left: usize) -> PolarsResult<usize> {
    let rows = page.num_values();
    (rows <= left).then_some(rows).ok_or_else(|| broken("a column has more rows than its row group"))
}

/// Unpacks a page into some room.
pub(super) fn unpack(
    mut page: CompressedDataPage,
    bytes: &mut Vec<u8>,
    context: &mut DecompressionContext,
) -> PolarsResult<()> {
    let (size, compression) = (page.uncompressed_size(), page.compression());
    if compression == Compression::Uncompressed {
        bytes.clear();
        bytes.extend_from_slice(page.slice_mut());
        return Ok(());
    }
    bytes.resize(size, 0);
    Ok(decompress(compression, page.slice_mut(), bytes, context)?)
}
