//! Staged changes of counters in the journal.

use rusqlite::{Connection, Row, params};

use crate::domain::change::counter_change::{
    CounterChange, CounterEntry, CounterRef, TargetLabel, TargetRef,
};
use crate::domain::id::{MilestoneId, PlanId, TargetId};
use crate::domain::plan::counter::Counter;
use crate::domain::plan::target::TargetType;
use crate::runtime::journal::rows::{read_state, state_columns, timestamp_from_millis};

/// Writes the row of a staged change, or deletes it when the change is gone.
pub(super) fn write(db: &Connection, account: &str, entry: &CounterEntry) -> rusqlite::Result<()> {
    let CounterRef { target: place, counter } = &entry.cell;
    let (plan, milestone, target) = (place.plan.as_u64(), place.milestone.as_u64(), place.target.as_u64());
    let Some(change) = &entry.change else {
        let sql = "DELETE FROM change
                   WHERE account = ?1 AND plan = ?2 AND milestone = ?3 AND target = ?4 AND counter = ?5";
        db.prepare_cached(sql)?.execute(params![account, plan, milestone, target, counter.name()])?;
        return Ok(());
    };
    let (state, words) = state_columns(&change.state);
    let sql = "INSERT OR REPLACE INTO change
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
                       digest(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13))";
    db.prepare_cached(sql)?.execute(params![
        account,
        plan,
        milestone,
        target,
        counter.name(),
        change.base,
        change.mine,
        state,
        words,
        change.edited_at.as_millisecond(),
        entry.label.plan.raw(),
        entry.label.year,
        entry.label.target_type.name(),
    ])?;
    Ok(())
}

/// Reads a row; `None` when an id or the counter in it is invalid.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<CounterEntry>> {
    let place = TargetRef {
        plan: match PlanId::new(row.get("plan")?) {
            Some(id) => id,
            None => return Ok(None),
        },
        milestone: match MilestoneId::new(row.get("milestone")?) {
            Some(id) => id,
            None => return Ok(None),
        },
        target: match TargetId::new(row.get("target")?) {
            Some(id) => id,
            None => return Ok(None),
        },
    };
    let Some(counter) = Counter::parse(&row.get::<_, String>("counter")?) else { return Ok(None) };
    let state = read_state(row)?;
    Ok(Some(CounterEntry {
        cell: CounterRef { target: place, counter },
        label: TargetLabel {
            plan: row.get::<_, String>("plan_name")?.into(),
            year: row.get("year")?,
            target_type: TargetType::parse(&row.get::<_, String>("target_type")?),
        },
        change: Some(CounterChange {
            base: row.get("base")?,
            mine: row.get("mine")?,
            state,
            edited_at: timestamp_from_millis(row.get("at")?).unwrap_or_default(),
        }),
    }))
}
