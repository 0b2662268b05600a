//! Handles files that were read or written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::model::{Model, ModelParts};
use crate::domain::file_grid::FileGrid;
use crate::domain::file_table::FileSheet;
use crate::domain::id::PlanId;
use crate::domain::import::preview::{FileJudgement, ImportPreview};
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::effect::FileError;
use crate::nav::{Destination, FormPurpose, Notice, Question, Severity};
use crate::screen::Screen;

impl Model {
    /// Handles a file of participants that was read: opens the form that asks what it leaves open.
    pub(super) fn handle_file_read(
        &mut self,
        path: PathBuf,
        read: Result<Arc<Vec<FileGrid>>, FileError>,
        fx: &mut Effects,
    ) {
        let awaits = self.screens.last().and_then(|(_, screen)| screen.import_awaiting_file(&path)).cloned();
        let Some(target) = awaits else { return };
        match read {
            Ok(grids) => {
                self.screens.pop();
                self.engine.status.notice = None;
                let purpose = FormPurpose::ImportAnswers(target, path, grids);
                self.open_screen(&Destination::Form(Box::new(purpose)), fx);
            }
            Err(why) => self.show_notice(Notice::new(Severity::Error, why)),
        }
    }

    /// Whether the form on top waits for a file to be judged in the background.
    pub fn awaits_judgement(&self) -> bool {
        matches!(self.screens.last(), Some((_, Screen::Form(form))) if form.awaits_judgement())
    }

    /// Handles a file of participants that was judged: the form shows what is open, or stages the rows.
    pub(super) fn handle_file_judged(
        &mut self,
        judgement: &FileJudgement,
        preview: &Arc<ImportPreview>,
        fx: &mut Effects,
    ) {
        let ModelParts { screens, workspace, cx, .. } = self.parts();
        let Some((_, Screen::Form(form))) = screens.last_mut() else { return };
        match form.take_judgement(judgement, preview, workspace, &cx, fx) {
            Ok(nav) => self.follow(nav, fx),
            Err(why) => self.refuse(&why),
        }
    }

    /// Handles a file for a plan that was read: asks whether to stage what it would change.
    pub(super) fn handle_sheets_read(&mut self, path: &Path, read: Result<Vec<FileSheet>, FileError>) {
        // A second reply for the same file is ignored once the question is open.
        let top = self.screens.last().filter(|_| self.popups.is_empty());
        let awaits = top.and_then(|(_, screen)| screen.plan_awaiting_file(path));
        let Some(shown) = awaits.cloned() else { return };
        match read.map(|sheets| self.engine.workspace.changes_in_file(&shown, &sheets)) {
            Ok(returned) if returned.edits.is_empty() => {
                let why = returned.notes.join("; ");
                self.show_notice(Notice::new(
                    Severity::Warning,
                    format!("nothing to stage from the file. {why}"),
                ));
            }
            Ok(returned) => {
                self.engine.status.notice = None;
                self.ask(Question::TakeFile(shown.plan, Box::new(returned)));
            }
            Err(why) => self.show_notice(Notice::new(Severity::Error, why)),
        }
    }

    /// Shows how far the writing of a file has come.
    pub(super) fn show_writing(&mut self, path: &Path, done: usize, all: usize) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = format!("writing {}: {done} of {all} rows", Text::from(&*name));
        self.show_notice(Notice::new(Severity::Info, text));
    }

    pub(super) fn handle_file_written(
        &mut self,
        path: &Path,
        written: Result<String, FileError>,
        fx: &mut Effects,
    ) {
        match written {
            Ok(words) => {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                self.engine.workspace.written_files.extend(name);
                if self.screens.last().is_some_and(|(_, screen)| screen.awaits_file_write()) {
                    self.back(fx);
                }
                let text = format!("{words} written to {}", path.display());
                self.show_notice(Notice::new(Severity::Success, text));
            }
            Err(why) => self.show_notice(Notice::new(Severity::Error, why)),
        }
    }

    /// Whether the screen on top is the grid of this plan.
    pub(super) fn shows_plan(&self, plan: PlanId) -> bool {
        matches!(self.screens.last(), Some((_, Screen::Plan(screen))) if screen.plan_id() == plan)
    }
}
