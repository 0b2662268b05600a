//! The state of the program.

use jiff::Timestamp;
use ratatui::layout::{Rect, Size};

use crate::app::engine::Engine;
use crate::config::{ParallelRequests, WritePolicy};
use crate::domain::refusal::Refusal;
use crate::effect::{Effects, ScreenId};
use crate::input::keymap::Keymap;
use crate::nav::{Context, Destination, Notice};
use crate::popup::Popup;
use crate::screen::Screen;
use crate::theme::Theme;
use crate::workspace::Workspace;

/// What does not change in a session.
#[derive(Debug)]
pub struct SessionSettings {
    /// The profile's name; `None` when nothing is configured.
    pub profile: Option<String>,
    /// The names of all profiles.
    pub profiles: Vec<String>,
    /// What the profile may send.
    pub guard: WritePolicy,
    /// The key bindings.
    pub keymap: Keymap,
    /// The styles.
    pub theme: Theme,
    /// How many requests may be in flight at once.
    pub parallel: ParallelRequests,
}

/// What the program starts with.
#[derive(Debug)]
pub struct Start {
    /// The profile, its guard, the keys and the styles.
    pub settings: SessionSettings,
    /// The staged changes and watches that the journal held.
    pub workspace: Workspace,
    /// The first notice for the status line.
    pub notice: Option<Notice>,
    /// The size of the terminal.
    pub size: Size,
    /// The current time.
    pub now: Timestamp,
}

/// The state of the program.
#[derive(Debug)]
pub struct Model {
    /// The screens with their ids, the top one last.
    pub(super) screens: Vec<(ScreenId, Screen)>,
    /// The popups over them, the top one last.
    pub(super) popups: Vec<Popup>,
    /// Everything between the screens and the server.
    pub(super) engine: Engine,
    /// The profile, its guard, the keys and the styles.
    pub(super) settings: SessionSettings,
    /// The size of the terminal.
    pub(super) size: Size,
    last_screen: ScreenId,
    /// Whether a [`Timer::Tick`](crate::effect::Timer::Tick) is pending.
    pub(super) tick_scheduled: bool,
}

/// The parts of the model that screens and popups change, with the context they are given.
pub(super) struct ModelParts<'a> {
    pub(super) screens: &'a mut Vec<(ScreenId, Screen)>,
    pub(super) popups: &'a mut Vec<Popup>,
    pub(super) workspace: &'a mut Workspace,
    pub(super) cx: Context<'a>,
}

/// The smallest terminal the program can be shown in.
pub const MIN_TERMINAL_SIZE: Size = Size { width: 60, height: 15 };

impl Model {
    /// The program at its start. It opens the first screen, which reads its list, and resumes watches.
    pub fn new(start: Start, fx: &mut Effects) -> Self {
        let mut model = Self {
            screens: Vec::new(),
            popups: Vec::new(),
            engine: Engine::new(start.workspace, start.settings.parallel, start.notice, start.now),
            settings: start.settings,
            size: start.size,
            last_screen: ScreenId::default(),
            tick_scheduled: false,
        };
        let first = if model.settings.profile.is_some() { Destination::Plans } else { Destination::Welcome };
        model.open_screen(&first, fx);
        model.engine.resume(fx);
        model.finish_update(fx);
        model
    }

    /// When the question on top was shown: a dialog, or a paste preview. Input that arrived earlier does not
    /// answer it. `None` when no question is open.
    pub fn question_asked_at(&self) -> Option<Timestamp> {
        match (self.popups.last(), self.screens.last()) {
            (Some(popup), _) => popup.question_shown_at(),
            (None, Some((_, screen))) => screen.question_shown_at(),
            (None, None) => None,
        }
    }

    /// The area of screens: all but the breadcrumb line and the two lines at the bottom.
    pub fn screen_area(&self) -> Rect {
        Rect { x: 0, y: 1, width: self.size.width, height: self.size.height.saturating_sub(3) }
    }

    /// Whether the terminal is too small to show anything.
    pub fn too_small(&self) -> bool {
        self.size.width < MIN_TERMINAL_SIZE.width || self.size.height < MIN_TERMINAL_SIZE.height
    }

    /// The context that screens and popups are given.
    pub fn context(&self) -> Context<'_> {
        Context {
            now: self.engine.now,
            keymap: &self.settings.keymap,
            theme: &self.settings.theme,
            guard: self.settings.guard,
            area: self.screen_area(),
            screen: self.screens.last().map(|(id, _)| *id),
        }
    }

    /// Borrows the screens, popups and workspace mutably, together with the context.
    pub(super) fn parts(&mut self) -> ModelParts<'_> {
        let area = self.screen_area();
        let Self { screens, popups, engine, settings: SessionSettings { keymap, theme, guard, .. }, .. } =
            self;
        let screen = screens.last().map(|(id, _)| *id);
        let cx = Context { now: engine.now, keymap, theme, guard: *guard, area, screen };
        ModelParts { screens, popups, workspace: &mut engine.workspace, cx }
    }

    /// Opens a new screen on top. Shows the refusal if it cannot be opened.
    pub(super) fn open_screen(&mut self, place: &Destination, fx: &mut Effects) {
        let id = ScreenId(self.last_screen.0 + 1);
        let cx = Context { screen: Some(id), ..self.context() };
        match Screen::open(place, &self.engine.workspace, &cx, fx) {
            Ok(screen) => {
                self.last_screen = id;
                self.screens.push((id, screen));
                self.engine.register_requests(fx);
            }
            Err(why) => self.refuse(&why),
        }
    }

    /// The records as last read, and what is staged.
    pub fn workspace(&self) -> &Workspace {
        &self.engine.workspace
    }

    /// The size of the terminal.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Everything between the screens and the server.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Shows a refusal as a warning.
    pub(super) fn refuse(&mut self, why: &Refusal) {
        self.engine.refuse(why);
    }

    pub(super) fn show_notice(&mut self, notice: Notice) {
        self.engine.show_notice(notice);
    }
}
