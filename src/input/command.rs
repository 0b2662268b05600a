//! The one table of commands: name, keys, scope and help line. Help, hints, the command line, the README and the
//! user's own keys all come from it.

use strum::VariantArray;

/// Where a key has a meaning, decided by what has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, VariantArray)]
pub enum Scope {
    /// Everywhere except while typing or in a dialog.
    Everywhere,
    /// Everywhere except in the grid, where digits are typed as numbers.
    OutsideGrid,
    /// Moving the cursor: lists, the grid, popups.
    Navigating,
    /// A list.
    List,
    /// The grid of target counters.
    Grid,
    /// The years of a level.
    Years,
    /// The summary of a plan.
    Summary,
    /// A paste preview over the grid.
    Pasting,
    /// The preview of a draft over the grid.
    Drafting,
    /// A cell while it is being edited.
    Editing,
    /// A form.
    Form,
    /// The review of staged changes.
    Review,
    /// A dialog that asks a question.
    Dialog,
    /// The dialog shown when the server answers 409 because a recalculation is already running.
    Busy,
}

impl Scope {
    /// The heading of this scope in the help and the README.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::OutsideGrid => "Outside the grid",
            Self::Navigating => "Moving",
            Self::List => "Lists",
            Self::Grid => "Grid",
            Self::Years => "Years of a level",
            Self::Summary => "Summary of a plan",
            Self::Pasting => "Pasting",
            Self::Drafting => "Draft of a plan",
            Self::Editing => "Typing",
            Self::Form => "Forms",
            Self::Review => "Review",
            Self::Dialog => "Dialogs",
            Self::Busy => "After “already running”",
        }
    }
}

macro_rules! commands {
    ($($scope:ident { $($command:ident $name:literal $keys:literal $help:literal)* })*) => {
        /// What a user can ask the program to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
        pub enum Command { $($(#[doc = $help] $command,)*)* }

        /// All commands, grouped by scope.
        pub static TABLE: &[CommandEntry] = &[$($(CommandEntry {
            command: Command::$command, name: $name, keys: $keys, scope: Scope::$scope, help: $help,
        },)*)*];
    };
}

/// One command with its name, keys, scope and help line.
#[derive(Debug)]
pub struct CommandEntry {
    /// The command.
    pub command: Command,
    /// Its name, as typed after `:` and as written in the configuration.
    pub name: &'static str,
    /// Its default keys, separated by spaces; hints show the first one.
    pub keys: &'static str,
    /// The scope in which the keys trigger it.
    pub scope: Scope,
    /// What it does, in one line.
    pub help: &'static str,
}

commands! {
    Everywhere {
        Help "help" "? f1" "Show the keys that mean something here"
        CommandLine "command" ":" "Type a command"
        Review "review" "ctrl-s" "Review what is staged, then apply it"
        Undo "undo" "u ctrl-z" "Undo the last edit"
        Redo "redo" "U ctrl-y" "Redo what was undone"
        ReadAgain "read-again" "r f5" "Read again from the server"
        Import "import" "I" "Import a CSV or XLSX file: participants, or numbers into a plan"
        Export "export" "E" "Write a file: a plan, a list, staged counters, rows with reasons"
        Palette "palette" "ctrl-p" "Find a command or a record by a few of its letters"
        Copy "copy" "y" "Copy as tab-separated text, for a spreadsheet"
        CopyJson "copy-json" "Y" "Copy as JSON, in the API's names"
        Log "log" "!" "Show the requests of this session"
        Recalculate "recalculate" "C f9" "Recalculate the scorecard and watch it"
        Watch "watch" "w" "Show the recalculations that are watched"
        Stop "stop" "ctrl-c" "Stop reading; stop sending after this request"
        Profile "profile" "@" "Change to another profile"
        Login "login" "L" "Take a key into the profile; it is tried first"
        Back "back" "esc" "Go back"
        Close "close" "q" "Close this; on the first screen, quit"
        Quit "quit" "ctrl-q" "Quit; staged edits are kept"
    }
    OutsideGrid {
        Plans "plans" "1" "Go to the Employment Equity plans"
        Scorecards "scorecards" "2" "Go to the scorecards"
        Suppliers "suppliers" "3" "Supplier scores; `:suppliers T100` looks one up"
        Overview "overview" "5" "Go to the overview of all plans: what each is short of, the worst first"
        Training "training" "" "Go to the training programs of the scorecard"
        Staged "staged" "4" "Go to what is staged"
    }
    Navigating {
        Up "up" "up k" "Up"
        Down "down" "down j" "Down"
        Left "left" "left h" "Left"
        Right "right" "right l" "Right"
        PageUp "page-up" "pageup" "A page up"
        PageDown "page-down" "pagedown" "A page down"
        RowStart "row-start" "home" "To the first column"
        RowEnd "row-end" "end" "To the last column"
        First "first" "g" "To the first row"
        Last "last" "G" "To the last row"
    }
    List {
        Open "open" "enter" "Open"
        Mark "mark" "space" "Mark the row and go down, to do something to several"
        MarkAll "mark-all" "ctrl-a" "Mark all that are shown, or none"
        Add "add" "a" "Add a new one"
        EditRecord "change" "e f2" "Edit it in a form"
        Delete "delete" "D" "Stage its deletion, or that of all marked"
        Details "details" "d" "Show all its fields"
        Json "json" "J" "Show its JSON as the server sends it"
        Heartbeat "heartbeat" "H" "Ask whether the Supplier Management System answers"
        NextMatch "next-match" "n" "Next row that cannot be sent as it is"
        PreviousMatch "previous-match" "N" "Previous one"
        Filter "filter" "/" "Filter as you type"
        Sort "sort" "s" "Sort by the next column"
        Reverse "reverse" "S" "Sort the other way round"
        ByReason "by-reason" "B" "Group the staged rows by what is wrong with them"
        Send "send" "A" "Send what is staged here"
        Release "release" "m" "Release held rows: send them all the same"
        Spend "spend" "" "Participants and spend of the scorecard by category, race, gender and more"
        Unstage "unstage" "X" "Drop the staged change and keep the server's value"
        HalfDown "half-down" "ctrl-d" "Half a page down"
        HalfUp "half-up" "ctrl-u" "Half a page up"
    }
    Grid {
        Edit "edit" "enter f2 e" "Edit the cell's number"
        Increase "increase" "+" "One more"
        Decrease "decrease" "-" "One less"
        Zero "zero" "x delete" "Set to 0"
        NextCell "next-cell" "tab" "Next cell; Enter later returns to this column"
        PreviousCell "previous-cell" "backtab" "Previous cell"
        ServerValue "server-value" "X" "Back to the server's value"
        NextYear "next-year" "} ctrl-pagedown" "Next year"
        PreviousYear "previous-year" "{ ctrl-pageup" "Previous year"
        OtherTable "other-table" "t" "All employees / disabled"
        Range "range" "v" "Begin a range that arrows extend, or end it"
        ExtendUp "extend-up" "shift-up" "Extend the range up"
        ExtendDown "extend-down" "shift-down" "Extend the range down"
        ExtendLeft "extend-left" "shift-left" "Extend the range to the left"
        ExtendRight "extend-right" "shift-right" "Extend the range to the right"
        SelectRow "select-row" "V" "Select the whole row"
        SelectColumn "select-column" "|" "Select the levels of the column"
        SelectAll "select-all" "ctrl-a" "Select all levels"
        FillDown "fill-down" "ctrl-d" "Fill the range with its first row, or the cell with the one above"
        FillRight "fill-right" "ctrl-r" "Fill it with its first column, or with the one to the left"
        Cut "cut" "ctrl-x" "Copy, then set to 0"
        Paste "paste" "p ctrl-v" "Paste from the clipboard; it is shown before it is taken"
        Expression "expression" "=" "Type an expression: =12+3, =45% of the level, =prev+2"
        CopyYear "copy-year" "f" "Copy the range, or both tables, into the next year"
        CopyYears "copy-years" "F" "Copy the range, or both tables, into all years that follow"
        Ramp "ramp" "R" "Equal steps from first to last year, of the range or both tables"
        Years "years" "m" "All years of the level side by side, with its chart"
        Summary "summary" "S" "Every target of the sector in every year: met, or how many are short"
        Draft "draft" "T" "Draft the years so that the targets are met in the last one"
        Overlay "overlay" "O" "Compare with: server, year before, first year, sector target, EAP, a plan"
        PerCent "per-cent" "%" "Show per cent of the level, or numbers"
        NextFinding "next-finding" "n" "Next finding, with its rule"
        PreviousFinding "previous-finding" "N" "Previous finding"
        Findings "findings" "c" "List the findings"
        GoTo "go-to" "ctrl-g" "Go to a cell by its name: senior AF"
        Sector "sector" "" "Choose the sector the plan is compared with"
        Compare "compare" "" "Choose the plan it is compared with: achieved or not"
        Region "region" "" "Choose the region of the EAP"
    }
    Years {
        GoToYear "to-year" "enter" "Go to the level in this year"
        LeaveYears "leave-years" "m" "Back to the grid; up and down change the year, left and right the level"
    }
    Summary {
        GoToShortfall "to-shortfall" "enter" "Go to the level in that year"
        LeaveSummary "leave-summary" "S" "Back to the grid; arrows move over levels and years"
    }
    Pasting {
        CommitPaste "take-paste" "enter" "Paste what is shown, as one step"
        CancelPaste "leave-paste" "esc" "Cancel the paste, nothing changed; arrows move it"
    }
    Drafting {
        TakeDraft "take-draft" "enter" "Stage all years of the draft, as one step"
        DraftNotes "draft-notes" "d" "What the draft rests on, and what it cannot reach"
        LeaveDraft "leave-draft" "esc" "Leave the draft, nothing changed; years and tables change as in the grid"
    }
    Editing {
        Commit "commit" "enter" "Accept it and go down"
        CommitRight "commit-right" "tab" "Accept it and go right"
        CommitAll "commit-all" "ctrl-j ctrl-enter" "Accept it for the whole range"
        CancelEdit "cancel-edit" "esc" "Cancel, nothing changed"
        ClearInput "clear" "ctrl-u" "Clear what was typed"
    }
    Form {
        NextFieldOrStage "next-field" "enter" "Next field; on the last one, stage the form"
        NextField "field-down" "tab down" "Next field"
        PreviousField "field-up" "backtab up" "Previous field"
        NextChoice "next-choice" "ctrl-right ctrl-n" "Next word of the list; → does it too"
        PreviousChoice "previous-choice" "ctrl-left ctrl-p" "Previous word; ← does it too"
        Stage "stage" "ctrl-s" "Stage the form and review it"
        LeaveForm "leave" "esc" "Leave the form"
    }
    Review {
        ToggleExcluded "exclude" "space" "Leave this change out of the apply, or put it back"
        Jump "jump" "enter" "Go to the cell, or to the form"
        Drop "drop" "X" "Drop this change and keep the server's value"
        KeepMine "mine" "m" "Conflict: keep mine"
        TakeTheirs "theirs" "t" "Conflict: take theirs"
        ShowRequests "view" "v" "Show the exact requests"
        Apply "apply" "A" "Apply: send the changes"
    }
    Dialog {
        Yes "yes" "y" "Yes"
        No "no" "n esc" "No"
        FocusOtherButton "focus" "tab left right" "Move to the other button"
        PressButton "press" "enter" "Press the focused button"
    }
    Busy {
        WaitThenStart "wait-then-start" "w" "Wait, then start mine"
        OnlyWatch "only-watch" "o" "Only watch"
        Neither "neither" "esc" "Neither"
    }
}

/// Marks the place of a command's key in a sentence: users bind keys of their own, and many sentences are made where the
/// keys are not known. [`Keymap::with_keys`](crate::input::keymap::Keymap::with_keys) puts the key there when it is shown.
macro_rules! key {
    ($name:literal) => {
        concat!("\u{e000}", $name, "\u{e001}")
    };
}
pub(crate) use key;

/// Names that commands had in earlier versions: in `[keys]` and on the command line they still mean the same.
const FORMER_NAMES: [(&str, Command); 6] = [
    ("let-go", Command::Release),
    ("leave-out", Command::ToggleExcluded),
    ("give-up", Command::CancelEdit),
    ("checks", Command::Findings),
    ("next-check", Command::NextFinding),
    ("previous-check", Command::PreviousFinding),
];

impl Command {
    /// The command's entry in the table.
    pub fn entry(self) -> &'static CommandEntry {
        &TABLE[self as usize]
    }

    /// The command with that name, or that had it in an earlier version; `None` when there is none.
    pub fn from_name(name: &str) -> Option<Self> {
        let renamed = FORMER_NAMES.iter().find(|(former, _)| *former == name).map(|(_, now)| *now);
        renamed.or_else(|| TABLE.iter().find(|e| e.name == name).map(|e| e.command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_name_of_its_own() {
        let former = FORMER_NAMES.iter().map(|(name, _)| *name);
        let names: std::collections::BTreeSet<_> = TABLE.iter().map(|e| e.name).chain(former).collect();
        assert_eq!(names.len(), TABLE.len() + FORMER_NAMES.len());
    }
}
