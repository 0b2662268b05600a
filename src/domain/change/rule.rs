//! The rules by which records are judged before they are sent: each with its severity and its reason, for forms,
//! imports on screen and imports in the shell alike.

/// What a finding means for its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleSeverity {
    /// It deserves a look; the row goes.
    Note,
    /// The row waits for a person's word.
    Hold,
    /// It cannot be right; the row does not go.
    Stop,
}

impl RuleSeverity {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Hold => "hold",
            Self::Stop => "stop",
        }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $severity:ident, $words:literal;)*) => {
        /// A rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in reports.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// What it means for the row.
            pub fn severity(self) -> RuleSeverity {
                match self { $(Self::$name => RuleSeverity::$severity,)* }
            }

            /// Whether rows that it holds can be sent all the same. An unknown word is no value of its field.
            pub fn can_be_released(self) -> bool {
                self.severity() == RuleSeverity::Hold && self != Self::UnknownWord
            }

            /// What is wrong or odd, in words.
            pub fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }
        }
    };
}

rules! {
    /// A formula gave an error instead of a value (reliability: workbooks).
    ErrorCell = "error-cell", Stop, "the formula gives an error; mend it in the workbook";
    /// A formula without a stored result, as programs other than spreadsheets write it.
    Uncalculated = "uncalculated", Stop, "the formula was never calculated; open the workbook in a spreadsheet program and save it";
    /// A byte that does not belong to the file's encoding.
    DamagedText = "damaged-text", Stop, "a byte is not UTF-8 as the rest of the file is; correct the text";
    /// A value that its field does not take.
    Unreadable = "unreadable-value", Stop, "it cannot be read";
    /// Dates of other centuries are slips of the keyboard.
    DateRange = "date-range", Stop, "the years 1900 to 2100 are read";
    /// Nothing costs less than nothing.
    Negative = "negative", Stop, "it is below 0";
    /// No course costs a billion.
    TooLarge = "too-large", Stop, "it is larger than any cost can be";
    /// Required by the API (Training Program Participants, "Attributes").
    Required = "required", Stop, "it has to be given";
    /// A spreadsheet keeps 15 digits and shows fewer.
    IdRounded = "id-rounded", Stop, "a spreadsheet has rounded this number; format its column as text there and enter the number anew";
    /// The cell was copied as it looked.
    IdHidden = "id-hidden", Stop, "the spreadsheet's column was too narrow to show it; widen it and copy it again";
    /// Training does not end before it begins.
    DatesReversed = "dates-reversed", Stop, "it is before the start";
    /// Required for scorecards of Legal Attorneys (Training Program Participants, "Attributes").
    LegalStatus = "legal-status", Stop, "scorecards of Legal Attorneys need it";
    /// Rows are grouped into programs by their program columns.
    ProgramMissing = "program-missing", Stop, "the row names no training program";
    /// Required by the API (Training Programs, "Attributes").
    CategoryMissing = "category-missing", Stop, "its training program is new and has no category";
    /// A delimiter inside a value moves all that follows.
    Overflow = "overflow", Stop, "the row has more cells than there are headings; a delimiter may stand inside a value";
    /// A word whose meaning nobody has told.
    UnknownWord = "unknown-word", Hold, "the meaning of this word is not known";
    /// Spreadsheets take zeros off the start of numbers.
    IdLostZeros = "id-lost-zeros", Hold, "it would be valid with the zeros at its start that spreadsheets take off";
    /// `TBC`, `N/A`, a number: no name of a person or a program.
    NamePlaceholder = "name-placeholder", Hold, "it is no name";
    /// One of two columns is blank.
    NamePart = "name-part", Hold, "a part of the name is missing";
    /// Absorption follows the training.
    AbsorptionBeforeStart = "absorption-before-start", Hold, "the absorption date is before the start";
    /// Most likely a slip of the keyboard.
    AgeRange = "age-range", Hold, "people in training are 14 to 100 years old";
    /// The same row twice.
    DuplicateRow = "duplicate-row", Hold, "it is the same as another row of the file";
    /// The same person twice.
    DuplicatePerson = "duplicate-person", Hold, "its ID number stands in another row of the file too";
    /// Found by `--existing hold`.
    Existing = "existing", Hold, "one like it is on the server";
    /// The API cannot change a participant, so a corrected row would make a second one.
    PersonOnServer = "person-on-server", Hold, "its ID number is that of a participant on the server, with other values";
    /// Nobody is in two trainings at the same time without a word.
    PersonElsewhere = "person-elsewhere", Hold, "its ID number is in another program with overlapping dates";
    /// Rows for one program may not end up in another.
    OtherProgram = "other-program", Hold, "the row names another training program";
    /// More than one program of the scorecard fits what the row says.
    ProgramAmbiguous = "program-ambiguous", Hold, "several training programs of the scorecard fit";
    /// Salaries count for categories B, C and D only (B-BBEE codes, statement 300, learning programme matrix).
    SalaryCategory = "salary-category", Hold, "salaries count only in categories B, C and D";
    /// Most likely a slip of the keyboard.
    CostOutlier = "cost-outlier", Hold, "it is ten times the median of its column, or more";
    /// One of the two is wrong.
    TotalMismatch = "total-mismatch", Hold, "the stated total is not the sum of the row's costs";
    /// YES is for people of 18 to 35 (Youth Employment Service gazette).
    YesAge = "yes-age", Hold, "YES is for people from 18 to 35";
    /// YES is for South Africans.
    YesForeign = "yes-foreign", Hold, "YES is for South Africans";
    /// YES is for people without employment.
    YesEmployed = "yes-employed", Hold, "YES is for people who were unemployed before";
    /// The two say different things.
    StatusAgainstEmployed = "status-against-employed", Hold, "employment and employment status contradict each other";
    /// Luhn's checksum.
    IdChecksum = "id-checksum", Note, "the checksum of this ID number is wrong";
    /// ID numbers of 13 digits.
    IdLength = "id-length", Note, "a South African ID number has 13 digits";
    /// The first six digits are a date.
    IdBirthday = "id-birthday", Note, "this ID number begins with no date of birth";
    /// The seventh digit tells the gender.
    IdGender = "id-gender", Note, "by its ID number the person is of the other gender";
    /// The eleventh digit tells citizens from residents.
    IdCitizenDigit = "id-citizen-digit", Note, "the eleventh digit of an ID number is 0, 1 or 2";
    /// The eleventh digit against `foreign`.
    IdForeign = "id-foreign", Note, "its ID number and the word on foreign nationals contradict each other";
    /// The first six digits against the age.
    IdAge = "id-age", Note, "its age does not fit the date of birth in its ID number";
    /// Training counts in the scorecard's own period.
    OutsidePeriod = "outside-period", Note, "it is outside the scorecard's period";
    /// Training without a cost adds nothing to the spend.
    NoCosts = "no-costs", Note, "all its costs are 0 or blank";
    /// Absorption follows completion.
    AbsorbedNotCompleted = "absorbed-not-completed", Note, "the person is absorbed but has not completed";
    /// The date tells the year in which an absorption counts.
    AbsorbedWithoutDate = "absorbed-without-date", Note, "the person is absorbed but there is no absorption date";
    /// One of the two says too much.
    AbsorptionDateAlone = "absorption-date-alone", Note, "there is an absorption date, but the person is not absorbed";
    /// Most likely the same person.
    SameName = "same-name", Note, "another participant of the program has the same name";
    /// Cells with line ends, as Alt-Enter makes them.
    LineBreak = "line-break", Note, "a line break in the text was made a blank";
    /// Characters that nobody sees.
    Invisible = "invisible", Note, "characters without width were taken off";
    /// `Nkosi, Thandi`.
    NameTurned = "name-turned", Note, "surname and first names were turned round";
    /// The surname in its own column and in the other one too.
    NameDoubled = "name-doubled", Note, "the surname stood in both columns and was taken once";
    /// A surname in front that cannot be told from the rest.
    NameOrder = "name-order", Note, "the heading says that the surname stands first; the name was left as it is";
    /// Filtered rows are people too.
    HiddenRow = "hidden-row", Note, "a filter hides the row in the workbook; it is read all the same";
    /// Hidden columns are values too.
    HiddenColumn = "hidden-column", Note, "the workbook hides the column; it is read all the same";
    /// Ticks and crosses.
    CrossIsNo = "cross-is-no", Note, "the column has ticks too, so a cross was read as no";
    /// The API takes any text (Training Program Participants, "Attributes").
    OtherProvince = "other-province", Note, "it is none of the nine provinces, and goes as it stands";
    /// A column of ticks.
    BlankIsNo = "blank-is-no", Note, "the column holds ticks only, so a blank was read as no";
    /// Asked for.
    VatRemoved = "vat-removed", Note, "VAT of 15 % was taken off";
    /// Asked for.
    Filled = "filled", Note, "a blank was filled from above";
    /// Asked for.
    MergedShared = "merged-cost", Note, "a cost merged over several rows was shared out as you said";
    /// The documents' example of a created participant.
    StatusByServer = "status-by-server", Note, "the file gives no employment status; the server writes Permanent";
    /// It follows from the other one.
    StatusDerived = "status-derived", Note, "employment was taken from the employment status, or the other way round";
    /// An import creates programs and changes none.
    ProgramUnchanged = "program-unchanged", Note, "the training program is on the server; its other fields are left as they are there";
    /// Rows of one program say different things of it.
    ProgramDiffers = "program-differs", Note, "rows of one training program differ in this; what the first one says is sent";
    /// Nearly the same six fields make two programs.
    ProgramLike = "program-like", Note, "a training program of the same name is there that differs in category, provider or municipality";
    /// A column whose heading is not known.
    UnreadColumn = "unread-column", Note, "the column is not read; --column names its field";
    /// A column without a heading.
    NoHeading = "no-heading", Note, "the column has no heading and is not read";
    /// Sheets that hold people too.
    OtherSheet = "other-sheet", Note, "the sheet is not read; --sheet names it";
    /// Said, because a provider's name is one of the six fields that make a program.
    ProgramSpelling = "program-spelling", Note, "its training program is written in several ways, which were taken for one";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_ordered_by_what_they_forbid() {
        assert!(RuleSeverity::Stop > RuleSeverity::Hold && RuleSeverity::Hold > RuleSeverity::Note);
        assert_eq!((Rule::IdChecksum.id(), Rule::IdChecksum.severity().as_str()), ("id-checksum", "note"));
    }
}
