//! Staged changes of counters in the journal.

use rusqlite::{Connection, Row, params};

use crate::domain::change::{Cell, Change, Entry, TargetLabel, TargetPlace};
use crate::domain::counter::Counter;
use crate::domain::id::{MilestoneId, PlanId, TargetId};
use crate::domain::target::TargetType;
use crate::runtime::store::rows::{read_state, state_words, time};

/// Writes a row, or takes it out.
pub(super) fn write(db: &Connection, account: &str, entry: &Entry) -> rusqlite::Result<()> {
    let Cell { place, counter } = &entry.cell;
    let (plan, milestone, target) = (place.plan.as_u64(), place.milestone.as_u64(), place.target.as_u64());
    let Some(change) = &entry.change else {
        let sql = "DELETE FROM change
                   WHERE account = ?1 AND plan = ?2 AND milestone = ?3 AND target = ?4 AND counter = ?5";
        db.prepare_cached(sql)?.execute(params![account, plan, milestone, target, counter.name()])?;
        return Ok(());
    };
    let (state, words) = state_words(&change.state);
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
        change.at.as_millisecond(),
        entry.label.plan.raw(),
        entry.label.year,
        entry.label.target_type.name(),
    ])?;
    Ok(())
}

/// A row of the journal; none when it names what cannot be.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<Entry>> {
    let place = TargetPlace {
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
    Ok(Some(Entry {
        cell: Cell { place, counter },
        label: TargetLabel {
            plan: row.get::<_, String>("plan_name")?.into(),
            year: row.get("year")?,
            target_type: TargetType::parse(&row.get::<_, String>("target_type")?),
        },
        change: Some(Change {
            base: row.get("base")?,
            mine: row.get("mine")?,
            state,
            at: time(row.get("at")?).unwrap_or_default(),
        }),
    }))
}
