//! What is done by hand in a plan's grid: typing into a cell, copying, and holding a block over the table before it is taken.

use crossterm::event::KeyCode;
use jiff::Timestamp;

use crate::desk::{Desk, UNREAD};
use crate::domain::number;
use crate::domain::text::count;
use crate::effect::{Clip, Effect, Effects};
use crate::input::command::Command;
use crate::input::key::Key;
use crate::kit::grid::paste::Block;
use crate::kit::grid::sheet::At;
use crate::nav::{Context, Nav, Notice};
use crate::screen::plan::editing::{Done, editable_at, set, set_each};
use crate::screen::plan::moving::Stand;
use crate::screen::plan::paste::{Copied, Ghost, copied_json};
use crate::screen::plan::typing::{SIGN, number_of};

/// Where one stands in a grid, and what one does there.
#[derive(Debug)]
pub(super) struct Hand {
    pub(super) stand: Stand,
    pub(super) doing: Doing,
    /// What was copied here last.
    copied: Option<Copied>,
}

/// What is being done in the grid.
#[derive(Debug)]
pub(super) enum Doing {
    /// One moves about.
    Moving,
    /// A number or an expression is typed into the cell under the cursor; it is staged when it is committed.
    Typing(String),
    /// A block is held over the place where it would land, since then.
    Pasting(Block, Timestamp),
}

/// The most characters an expression takes from a paste.
const LONGEST: usize = 200;

impl Hand {
    /// One that only moves about.
    pub(super) fn new(stand: Stand) -> Self {
        Self { stand, doing: Doing::Moving, copied: None }
    }

    /// Takes a key that is no command: digits begin or go on typing.
    pub(super) fn key(&mut self, key: Key, desk: &Desk) -> Nav {
        let draft = match &mut self.doing {
            Doing::Typing(draft) => draft,
            Doing::Pasting(..) => return Nav::refuse("first take what would be pasted, or leave it"),
            Doing::Moving => {
                return match key.typed() {
                    Some(c) if c.is_ascii_digit() => self.begin(c.to_string(), desk),
                    _ => Nav::nothing(key),
                };
            }
        };
        match (key.code, key.typed()) {
            (KeyCode::Backspace, _) => {
                draft.pop();
                Nav::Stay
            }
            (_, Some(c)) => {
                draft.push(c);
                // An expression is not whole until its end; what is wrong with it is said beside it.
                if draft.starts_with(SIGN) {
                    return Nav::Stay;
                }
                // What is no number stands there to be seen and mended; it is not taken.
                number::typed(draft).map_or_else(Nav::refuse, |_| Nav::Stay)
            }
            (_, None) => Nav::refuse("that does nothing while a number is typed"),
        }
    }

    /// Begins to type into the cell under the cursor.
    pub(super) fn begin(&mut self, draft: String, desk: &Desk) -> Nav {
        let Some(shown) = self.stand.at.shown(desk) else { return Nav::refuse(UNREAD) };
        match editable_at(&shown, self.stand.at.cursor, desk) {
            Ok(_) => {
                self.doing = Doing::Typing(draft);
                Nav::Stay
            }
            Err(why) => Nav::refuse(why),
        }
    }

    /// Takes pasted text: a number into the cell that is typed in, else a block held over where it would land.
    pub(super) fn paste(&mut self, text: &str, desk: &Desk, cx: &Context) -> Nav {
        if let Doing::Typing(draft) = &mut self.doing {
            if draft.starts_with(SIGN) {
                draft.extend(text.chars().filter(|c| !c.is_control()).take(LONGEST));
                return Nav::Stay;
            }
            return match number::written(text) {
                Ok(count) => {
                    draft.push_str(&count.to_string());
                    number::typed(draft).map_or_else(Nav::refuse, |_| Nav::Stay)
                }
                Err(why) => Nav::refuse(format!("nothing was pasted: {why}")),
            };
        }
        let Some(shown) = self.stand.at.shown(desk) else { return Nav::refuse(UNREAD) };
        match Block::read(text) {
            Ok(block) => {
                let block = match &self.copied {
                    Some(copied) => copied.pasted(block),
                    None => block,
                };
                let ghost = Ghost::of(&block, &self.stand, &shown, desk);
                if ghost.settings.is_empty() {
                    return Nav::refuse(format!("nothing was pasted: {}", ghost.tally));
                }
                self.doing = Doing::Pasting(block, cx.now);
                Nav::Stay
            }
            Err(why) => Nav::refuse(why),
        }
    }

    /// Copies what is taken; a cut sets it to 0 besides, as one step.
    pub(super) fn copy(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let Some(shown) = self.stand.at.shown(desk) else { return Nav::refuse(UNREAD) };
        let (text, cells) = if command == Command::CopyJson {
            copied_json(&self.stand, &shown, desk)
        } else {
            let copied = Copied::of(&self.stand, &shown);
            let clip = (copied.text.clone(), copied.cells);
            self.copied = Some(copied);
            clip
        };
        let cells = count(cells, "cell");
        let what = if command == Command::Cut {
            match set_each(&self.stand, desk, cx, fx, |_, _, _| Ok(0)) {
                Done::All => format!("{cells} cut"),
                Done::Part(words) => format!("{words}; {cells} copied"),
                Done::Nothing(why) => format!("not cut: {why}; {cells} copied"),
            }
        } else {
            format!("{cells} copied")
        };
        fx.push(Effect::Copy(Clip { text, what }, None));
        Nav::Stay
    }

    /// Stages the block where it is held, as one step.
    pub(super) fn take_paste(&mut self, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let Doing::Pasting(block, _) = &self.doing else { return Nav::Stay };
        let Some(shown) = self.stand.at.shown(desk) else { return Nav::refuse(UNREAD) };
        let ghost = Ghost::of(block, &self.stand, &shown, desk);
        match set(ghost.settings, &self.stand.at, desk, cx, fx) {
            Done::All => {
                self.doing = Doing::Moving;
                Nav::Say(Notice::staged(&format!("pasted: {}", ghost.tally), cx))
            }
            Done::Part(words) => {
                self.doing = Doing::Moving;
                Nav::refuse(words)
            }
            Done::Nothing(why) => Nav::refuse(why),
        }
    }

    /// Takes what was typed for the whole range.
    pub(super) fn commit_all(&mut self, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let Doing::Typing(draft) = &self.doing else { return Nav::Stay };
        let draft = draft.clone();
        let Some(shown) = self.stand.at.shown(desk) else { return Nav::refuse(UNREAD) };
        if let Err(why) = number_of(&draft, &shown, self.stand.at.cursor, desk) {
            return Nav::refuse(why);
        }
        let one = |at: At| {
            let (cell, _) = editable_at(&shown, at, desk)?;
            Ok((cell, number_of(&draft, &shown, at, desk)?))
        };
        let settings = self.stand.taken().into_iter().map(one).collect();
        let done = set(settings, &self.stand.at, desk, cx, fx);
        if !matches!(done, Done::Nothing(_)) {
            self.doing = Doing::Moving;
        }
        done.nav()
    }

    /// Takes what was typed; nothing typed changes nothing. What is refused is not lost.
    pub(super) fn commit(&mut self, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let Doing::Typing(draft) = &self.doing else { return Nav::Stay };
        let nav = if draft.is_empty() {
            Nav::Stay
        } else {
            let Some(shown) = self.stand.at.shown(desk) else { return Nav::refuse(UNREAD) };
            let cursor = self.stand.at.cursor;
            let setting = number_of(draft, &shown, cursor, desk)
                .and_then(|number| Ok((editable_at(&shown, cursor, desk)?.0, number)));
            set(vec![setting], &self.stand.at, desk, cx, fx).nav()
        };
        if nav == Nav::Stay {
            self.doing = Doing::Moving;
        }
        nav
    }
}
