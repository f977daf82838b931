//! Tags are sets without regard to case.

use std::collections::BTreeSet;

/// True when both texts are the same tag.
pub fn same_tag(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

/// True when the tag is among them.
pub fn has_tag<S: AsRef<str>>(tags: &[S], tag: &str) -> bool {
    tags.iter().any(|t| same_tag(t.as_ref(), tag))
}

/// True when both hold the same tags.
pub fn same_tags<A: AsRef<str>, B: AsRef<str>>(a: &[A], b: &[B]) -> bool {
    if a.is_empty() && b.is_empty() {
        return true;
    }
    fn folded<S: AsRef<str>>(tags: &[S]) -> BTreeSet<String> {
        tags.iter().map(|t| t.as_ref().to_lowercase()).collect()
    }
    folded(a) == folded(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_order_and_repetition_do_not_matter() {
        assert!(same_tags(&["VIP", "a"], &["A", "vip", "Vip"]));
        assert!(!same_tags(&["VIP"], &["VIP", "b"]));
        assert!(same_tag("Ärger", "ärger") && has_tag(&["X"], "x"));
    }
}
