//! Roots on all processors: each thread lifts code for itself.

use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::code::Code;
use crate::inputs::Image;

/// Does the work for every item, and returns what came of it in the order of the items.
///
/// A thread takes neighbours together, for they call the same helpers, and fewer of them the
/// nearer the end is, so that all threads end at the same time.
pub fn in_parallel<'image, T: Sync, R: Send>(
    image: &'image Image,
    items: &[T],
    work: impl Fn(&mut Code<'image>, &T) -> R + Sync,
) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let one_thread = || {
        let mut code = Code::new(image);
        let mut done = Vec::new();
        while let Some(share) = take(&next, items.len(), threads) {
            let results = items[share.clone()]
                .iter()
                .map(|item| work(&mut code, item));
            done.push((share.start, results.collect::<Vec<R>>()));
        }
        done
    };
    let mut shares = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(one_thread)).collect();
        let mut shares = one_thread();
        for other in others {
            // A panic of one is a panic of all.
            shares.extend(
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        shares
    });
    shares.sort_by_key(|&(start, _)| start);
    shares
        .into_iter()
        .flat_map(|(_, results)| results)
        .collect()
}

/// The next share of the items that are left.
fn take(next: &AtomicUsize, count: usize, threads: usize) -> Option<Range<usize>> {
    let share = |start: usize| ((count - start) / (4 * threads)).max(1);
    let advance = |start: usize| (start < count).then(|| start + share(start));
    let taken = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, advance);
    taken.ok().map(|start| start..start + share(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        let results = in_parallel(&Image::default(), &items, |_, item| item * 2);
        assert_eq!(
            results,
            items.iter().map(|item| item * 2).collect::<Vec<_>>()
        );
    }
}
