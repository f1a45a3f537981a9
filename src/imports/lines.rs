//! Offsets in a text → lines and columns.

/// Where the lines of a text begin.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines, which end as Python's do: in `\n`, `\r\n` or `\r`.
    pub(super) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
            .filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
        let starts = [0].into_iter().chain(ends.map(|at| at + 1)).collect();
        Self { text, starts }
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The column of an offset, in characters from 1.
    pub(super) fn column(&self, offset: usize) -> usize {
        let start = self.starts[self.line(offset) - 1];
        let before = self.text.get(start..offset).unwrap_or_default();
        before.chars().count() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn counts_every_kind_of_line() {
        let lines = Lines::new("a\nb\r\nc\rü=");
        let found: Vec<(usize, usize)> = [0, 1, 2, 4, 5, 7, 9, 10]
            .into_iter()
            .map(|offset| (lines.line(offset), lines.column(offset)))
            .collect();
        let expected = [(1, 1), (1, 2), (2, 1), (2, 3), (3, 1), (4, 1), (4, 2), (4, 3)];
        assert_eq!(found, expected);
    }
}
