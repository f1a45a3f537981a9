//! Where the tiles of a treemap are: the squarified layout of Bruls, Huizing and van Wijk (2000).

use super::Node;

/// A rectangle, in the units of the drawing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A tile with those that are in it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Tile<'a> {
    pub(super) node: &'a Node,
    pub(super) rect: Rect,
    pub(super) tiles: Vec<Self>,
}

/// Tiles that are narrower or lower than this are not drawn.
const LEAST: f64 = 1.0;
/// The strip above what is in a tile, where its name stands: at most this high, and this share of the tile.
const HEAD: (f64, f64) = (15.0, 0.14);
/// The frame around what is in a tile: at most this wide, and this share of the tile.
const FRAME: (f64, f64) = (2.0, 0.02);

/// Lays nodes out in a rectangle, and what is in them inside. `nodes` are sorted, the largest first.
pub(super) fn lay_out(nodes: &[Node], rect: Rect) -> Vec<Tile<'_>> {
    let sizes: Vec<f64> = nodes.iter().map(|node| node.size as f64).collect();
    let placed = squarify(&sizes, rect);
    nodes
        .iter()
        .zip(placed)
        .filter(|(_, rect)| rect.width >= LEAST && rect.height >= LEAST)
        .map(|(node, rect)| Tile {
            node,
            rect,
            tiles: lay_out(&node.children, inside(rect)),
        })
        .collect()
}

/// Where the content of a tile is.
fn inside(rect: Rect) -> Rect {
    let head = HEAD.0.min(rect.height * HEAD.1);
    let frame = FRAME.0.min(rect.width.min(rect.height) * FRAME.1);
    Rect {
        x: rect.x + frame,
        y: rect.y + head,
        width: rect.width - 2.0 * frame,
        height: rect.height - head - frame,
    }
}

/// Divides a rectangle by size; a rectangle for each size.
fn squarify(sizes: &[f64], rect: Rect) -> Vec<Rect> {
    let whole: f64 = sizes.iter().sum();
    let scale = if whole > 0.0 {
        rect.width * rect.height / whole
    } else {
        0.0
    };
    let areas: Vec<f64> = sizes.iter().map(|size| size * scale).collect();
    let mut placed = Vec::with_capacity(areas.len());
    let (mut free, mut rest) = (rect, areas.as_slice());
    while !rest.is_empty() {
        let side = free.width.min(free.height);
        let mut count = 1;
        // A row grows as long as its tiles come closer to squares.
        while count < rest.len() && worst(&rest[..=count], side) <= worst(&rest[..count], side) {
            count += 1;
        }
        let (row, after) = rest.split_at(count);
        free = place_row(row, free, &mut placed);
        rest = after;
    }
    placed
}

/// How far the tiles of a row along a side are from squares: the largest ratio of two sides.
fn worst(row: &[f64], side: f64) -> f64 {
    let sum: f64 = row.iter().sum();
    if sum <= 0.0 || side <= 0.0 {
        return f64::INFINITY;
    }
    let thick = sum / side;
    row.iter().fold(0.0, |worst, area| {
        let long = area / thick;
        let ratio = if long > 0.0 {
            (long / thick).max(thick / long)
        } else {
            f64::INFINITY
        };
        ratio.max(worst)
    })
}

/// Places a row along the shorter side; what is left beside it.
fn place_row(row: &[f64], free: Rect, placed: &mut Vec<Rect>) -> Rect {
    let sum: f64 = row.iter().sum();
    let upright = free.width >= free.height;
    let side = if upright { free.height } else { free.width };
    let thick = if side > 0.0 { sum / side } else { 0.0 };
    let mut at = 0.0;
    for area in row {
        let long = if thick > 0.0 { area / thick } else { 0.0 };
        placed.push(if upright {
            Rect {
                x: free.x,
                y: free.y + at,
                width: thick,
                height: long,
            }
        } else {
            Rect {
                x: free.x + at,
                y: free.y,
                width: long,
                height: thick,
            }
        });
        at += long;
    }
    if upright {
        Rect {
            x: free.x + thick,
            width: free.width - thick,
            ..free
        }
    } else {
        Rect {
            y: free.y + thick,
            height: free.height - thick,
            ..free
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Rect = Rect {
        x: 0.0,
        y: 0.0,
        width: 6.0,
        height: 4.0,
    };

    #[test]
    fn areas_are_as_sizes() {
        // The example of the paper.
        let sizes = [6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0];
        let placed = squarify(&sizes, PAGE);
        for (rect, size) in placed.iter().zip(sizes) {
            assert!((rect.width * rect.height - size).abs() < 1e-9, "{rect:?} {size}");
            assert!(rect.x >= -1e-9 && rect.x + rect.width <= PAGE.width + 1e-9);
            assert!(rect.y >= -1e-9 && rect.y + rect.height <= PAGE.height + 1e-9);
        }
        let first = [placed[0], placed[1]].map(|rect| (rect.x, rect.y, rect.width, rect.height));
        assert_eq!(first, [(0.0, 0.0, 3.0, 2.0), (0.0, 2.0, 3.0, 2.0)]);
        for (index, one) in placed.iter().enumerate() {
            for other in &placed[index + 1..] {
                let wide = (one.x + one.width).min(other.x + other.width) - one.x.max(other.x);
                let high = (one.y + one.height).min(other.y + other.height) - one.y.max(other.y);
                assert!(wide < 1e-9 || high < 1e-9, "{one:?} and {other:?} overlap");
            }
        }
    }

    #[test]
    fn nothing_is_no_trouble() {
        assert_eq!(squarify(&[], PAGE), []);
        assert_eq!(squarify(&[0.0, 0.0], PAGE).len(), 2);
        let empty = Node {
            name: String::new(),
            size: 0,
            memory: 1,
            children: Vec::new(),
        };
        assert_eq!(lay_out(&[empty], PAGE), []);
    }
}
