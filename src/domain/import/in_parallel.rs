//! Does the same work for many items on all processors.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::thread::{available_parallelism, scope};

/// For fewer items a thread costs more than it saves.
const FEW: usize = 8;

/// What `work` makes of each item, in the order of the items.
pub fn map_in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = available_parallelism().map_or(1, NonZeroUsize::get);
    if items.len() < FEW || threads < 2 {
        return items.iter().map(work).collect();
    }
    let (own, others) = items.split_at(items.len().div_ceil(threads));
    let work = &work;
    scope(|scope| {
        let parts = others.chunks(own.len());
        let workers: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>())).collect();
        let mut done: Vec<R> = Vec::with_capacity(items.len());
        done.extend(own.iter().map(work));
        for worker in workers {
            done.extend(worker.join().unwrap_or_else(|cause| resume_unwind(cause)));
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        for count in [0, 1, FEW - 1, FEW, 1001] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(map_in_parallel(&items, |n| n * 3), (0..count).map(|n| n * 3).collect::<Vec<_>>());
        }
    }
}
