//! Unlimited undo and redo.

/// The change of one cell from one value to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition<K, V> {
    /// The cell.
    pub key: K,
    /// Its value before.
    pub before: V,
    /// Its value after.
    pub after: V,
}

/// The undo history of one plan. A step holds all cells that one key press changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History<K, V> {
    done: Vec<Vec<Transition<K, V>>>,
    undone: Vec<Vec<Transition<K, V>>>,
}

impl<K, V> Default for History<K, V> {
    fn default() -> Self {
        Self { done: Vec::new(), undone: Vec::new() }
    }
}

impl<K: Clone, V: Clone + PartialEq> History<K, V> {
    /// Adds a step that was just done, without cells that did not change; an empty step is dropped. Clears
    /// what could be redone.
    pub fn record(&mut self, mut step: Vec<Transition<K, V>>) {
        step.retain(|turn| turn.before != turn.after);
        if !step.is_empty() {
            self.done.push(step);
            self.undone.clear();
        }
    }

    /// Undoes the last step: returns the transitions to apply, in reverse order; `None` when there is none.
    pub fn undo(&mut self) -> Option<Vec<Transition<K, V>>> {
        let step = self.done.pop()?;
        let back = |t: &Transition<K, V>| Transition {
            key: t.key.clone(),
            before: t.after.clone(),
            after: t.before.clone(),
        };
        let turns = step.iter().rev().map(back).collect();
        self.undone.push(step);
        Some(turns)
    }

    /// Rewrites the values of one cell in all steps, done and undone.
    pub fn amend(&mut self, key: &K, amend: impl Fn(&V) -> V)
    where
        K: PartialEq,
    {
        let steps = self.done.iter_mut().chain(&mut self.undone).flatten();
        for turn in steps.filter(|turn| turn.key == *key) {
            turn.before = amend(&turn.before);
            turn.after = amend(&turn.after);
        }
    }

    /// Forgets the step that [`undo`](Self::undo) (`back`) or [`redo`](Self::redo) has just returned, because
    /// it could not be applied.
    pub fn discard_last(&mut self, back: bool) {
        if back { &mut self.undone } else { &mut self.done }.pop();
    }

    /// Redoes the step that was last undone: returns the transitions to apply; `None` when there is none.
    pub fn redo(&mut self) -> Option<Vec<Transition<K, V>>> {
        let step = self.undone.pop()?;
        self.done.push(step.clone());
        Some(step)
    }
}
