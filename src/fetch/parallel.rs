//! Many blocking things at a time, but not too many.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Applies `work` to all items on at most `width` threads; the answers come in the items' order.
///
/// Once `work` answered nothing, no further item is begun, and those not begun answer nothing.
pub(crate) fn in_parallel<T: Sync, R: Send>(
    width: usize,
    items: &[T],
    work: impl Fn(&T) -> Option<R> + Sync,
) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let answers: Vec<_> = items.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..width.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                while let Some((item, slot)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    items.get(index).zip(answers.get(index))
                } {
                    let answer = work(item);
                    if answer.is_none() {
                        next.store(items.len(), Ordering::Relaxed);
                    }
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = answer;
                }
            });
        }
    });
    answers
        .into_iter()
        .map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_and_stops_early() {
        let items: Vec<usize> = (0..100).collect();
        let doubled = in_parallel(6, &items, |item| Some(item * 2));
        assert_eq!(
            doubled,
            items.iter().map(|item| Some(item * 2)).collect::<Vec<_>>()
        );
        let stopped = in_parallel(1, &items, |item| (*item < 3).then_some(*item));
        assert_eq!(stopped.iter().flatten().count(), 3);
        assert_eq!(in_parallel(6, &[], |item: &usize| Some(*item)), []);
    }
}
