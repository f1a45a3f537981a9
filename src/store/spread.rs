//! Work on many files, spread over the machine's cores.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// So many threads share the disk; it is not known that more would help.
const MOST: usize = 4;

/// Does `work` to every item, on several threads if there are enough, and gives the results in
/// the items' order. After an error no further item is begun.
pub(crate) fn spread<T: Sync, R: Send, E: Send>(
    items: &[T],
    least_per_thread: usize,
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let cores = thread::available_parallelism().map_or(1, usize::from).min(MOST);
    let threads = cores.min(items.len() / least_per_thread.max(1));
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let run = || {
        let mut done = Vec::new();
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            match work(item) {
                Ok(result) => done.push((index, result)),
                Err(error) => {
                    failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(done)
    };
    let results: Vec<Result<Vec<(usize, R)>, E>> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        handles
            .into_iter()
            .map(|handle| match handle.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    let mut all = Vec::with_capacity(items.len());
    for result in results {
        all.extend(result?);
    }
    all.sort_unstable_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_and_stops_at_an_error() {
        let items: Vec<u32> = (0..1000).collect();
        let doubled: Result<Vec<u32>, ()> = spread(&items, 1, |item| Ok(item * 2));
        assert_eq!(doubled.unwrap(), (0..2000).step_by(2).collect::<Vec<_>>());
        assert_eq!(
            spread(&items, 1, |item| if *item == 500 {
                Err("stop")
            } else {
                Ok(*item)
            }),
            Err("stop")
        );
    }
}
