//! Benchmarks for a plan: the sectoral numerical targets and the economically active population (EAP).

pub mod finding;
pub mod shortfall;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use strum::VariantArray;

use crate::domain::plan::counter::{Gender, Level, Race, StatutoryColumn};
use crate::domain::shape_error::message_error;

/// A share in hundredths of a per cent, at most 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

/// How a number of people compares with a share of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareStanding {
    /// The whole is 0: there is nobody to measure.
    Nobody,
    /// The share is met, with this many people to spare.
    Met(u64),
    /// This many people short, with the whole held fixed.
    Short(u64),
}

impl Share {
    /// Parses a percentage with at most two decimals; `None` above 100 or in any other form.
    fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || decimals.len() > 2 || !digits(whole) || !digits(decimals) {
            return None;
        }
        let hundredths = format!("{decimals:0<2}").parse::<u32>().ok()?;
        let share = whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(hundredths)?;
        (share <= 10_000).then_some(Self(share))
    }

    /// In hundredths of a per cent.
    pub fn hundredths(self) -> u32 {
        self.0
    }

    /// In per cent, as a number to draw.
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// The smallest number of people out of `whole` that meets the share.
    pub fn min_people(self, whole: u64) -> u64 {
        (whole * u64::from(self.0)).div_ceil(10_000)
    }

    /// Compares `people` out of `whole` with the share.
    pub fn standing(self, people: u64, whole: u64) -> ShareStanding {
        match self.min_people(whole) {
            _ if whole == 0 => ShareStanding::Nobody,
            wanted if people >= wanted => ShareStanding::Met(people - wanted),
            wanted => ShareStanding::Short(wanted - people),
        }
    }

    /// Whether `people` out of `whole` are strictly more than the share.
    pub fn is_exceeded(self, people: u64, whole: u64) -> bool {
        people * 10_000 > whole * u64::from(self.0)
    }
}

/// In per cent with one decimal, or two where the second is not 0.
impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, hundredths) = (self.0 / 100, self.0 % 100);
        let text = if hundredths.is_multiple_of(10) {
            format!("{whole}.{}", hundredths / 10)
        } else {
            format!("{whole}.{hundredths:02}")
        };
        f.pad(&text)
    }
}

/// The sectoral targets of one level: shares of designated people among all people at the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelTarget {
    /// Designated men.
    pub male: Share,
    /// Designated women.
    pub female: Share,
    /// All designated people.
    pub total: Share,
}

impl LevelTarget {
    /// The target for one gender or, for `None`, for both together.
    pub fn for_gender(self, gender: Option<Gender>) -> Share {
        match gender {
            Some(Gender::Male) => self.male,
            Some(Gender::Female) => self.female,
            None => self.total,
        }
    }
}

/// The targets of one sector.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SectorTarget {
    levels: BTreeMap<Level, LevelTarget>,
    /// People with disabilities among the whole workforce; `None` where the source gives no target.
    pub disability: Option<Share>,
}

impl SectorTarget {
    /// The targets of a level; `None` where the sector has none, as for semi-skilled and unskilled.
    pub fn level(&self, level: Level) -> Option<LevelTarget> {
        self.levels.get(&level).copied()
    }
}

/// The EAP of one region in one vintage. Figures the source leaves out are absent, not 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eap {
    /// `National` or a province.
    pub region: String,
    /// The survey it is from: `QLFS-2026Q1`. Every figure was transcribed only once, so none is verified.
    pub vintage: String,
    shares: BTreeMap<StatutoryColumn, Share>,
}

impl Eap {
    /// The year and quarter of the survey, for telling which vintage is newer; 0 where its name ends in none.
    fn quarter(&self) -> (u32, u32) {
        let named = self.vintage.rsplit('-').next().and_then(|name| name.split_once('Q'));
        let read = named.and_then(|(year, quarter)| Some((year.parse().ok()?, quarter.parse().ok()?)));
        read.unwrap_or_default()
    }

    /// The share of a race and gender; `None` for foreign nationals, who are not counted in it, and where the
    /// source gives no figure.
    pub fn share(&self, column: StatutoryColumn) -> Option<Share> {
        self.shares.get(&column).copied()
    }
}

message_error! {
    /// Why a table of sector targets or of the EAP cannot be used: the line, and what is wrong there.
    BenchmarkError
}

/// The sectoral targets and the EAP, each with its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Benchmarks {
    /// The targets by the API's name of the sector.
    sectors: BTreeMap<String, SectorTarget>,
    /// The source of the targets, to be shown with every figure.
    pub targets_source: String,
    eaps: Vec<Eap>,
    /// The source of the EAP when the user supplied it; `None` for the shipped table.
    pub eap_source: Option<String>,
}

/// Where the sectoral targets shipped with bee-tui are published.
pub const BUILT_IN_TARGETS_SOURCE: &str = "GN 6124, GG 52514, 15 April 2025";

static SHIPPED: LazyLock<Arc<Benchmarks>> = LazyLock::new(|| {
    // A test checks that both shipped files can be parsed.
    Arc::new(Benchmarks {
        sectors: parse_sectors(include_str!("../../../assets/sectoral_targets.csv")).unwrap_or_default(),
        targets_source: BUILT_IN_TARGETS_SOURCE.into(),
        eaps: parse_eaps(include_str!("../../../assets/eap.csv")).unwrap_or_default(),
        eap_source: None,
    })
});

/// The tables shipped with bee-tui.
impl Default for Benchmarks {
    fn default() -> Self {
        (**SHIPPED).clone()
    }
}

impl Benchmarks {
    /// Replaces the shipped sectoral targets with the user's own, read from CSV `text`; `from` names the
    /// source. Fails with the reason, and its line, when the text cannot be read.
    pub fn with_targets(mut self, text: &str, from: String) -> Result<Self, BenchmarkError> {
        self.sectors = parse_sectors(text)?;
        self.targets_source = from;
        Ok(self)
    }

    /// Replaces the shipped EAP with the user's own, read from CSV `text`; `from` names the source. Fails
    /// with the reason, and its line, when the text cannot be read.
    pub fn with_eap(mut self, text: &str, from: String) -> Result<Self, BenchmarkError> {
        self.eaps = parse_eaps(text)?;
        self.eap_source = Some(from);
        Ok(self)
    }

    /// The targets of a sector, by the API's name; `None` when there are none for it.
    pub fn sector(&self, name: &str) -> Option<&SectorTarget> {
        self.sectors.get(name)
    }

    /// The names of the sectors that have targets, sorted.
    pub fn sector_names(&self) -> impl Iterator<Item = &str> {
        self.sectors.keys().map(String::as_str)
    }

    /// The index of the EAP of a region, in a vintage or, for `None`, in the newest; names are compared without case. `None` when
    /// there is none.
    pub fn eap_of(&self, region: &str, vintage: Option<&str>) -> Option<usize> {
        let is_asked = |eap: &Eap| {
            let is_of_vintage = vintage.is_none_or(|vintage| eap.vintage.eq_ignore_ascii_case(vintage));
            eap.region.eq_ignore_ascii_case(region) && is_of_vintage
        };
        let asked = (0..self.eaps.len()).filter(|at| is_asked(&self.eaps[*at]));
        asked.max_by_key(|at| (self.eaps[*at].quarter(), std::cmp::Reverse(*at)))
    }

    /// The EAP of every region and vintage; the first is shown unless the user chooses another.
    pub fn eaps(&self) -> &[Eap] {
        &self.eaps
    }
}

/// Reads the rows of a CSV text whose first row holds the headings. Fails with a reason, and the line of the
/// row that cannot be read.
fn read_csv_rows<T>(
    text: &str,
    heads: &[&str],
    mut read: impl FnMut(&dyn Fn(&str) -> String) -> Result<T, BenchmarkError>,
) -> Result<Vec<T>, BenchmarkError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let found = reader.headers().map_err(|e| e.to_string())?.clone();
    if let Some(missing) = heads.iter().find(|head| !found.iter().any(|h| h == **head)) {
        return Err(format!("has no column {missing}").into());
    }
    let mut out = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|e| e.to_string())?;
        let at = |head: &str| {
            let at = found.iter().position(|h| h == head);
            at.and_then(|at| row.get(at)).unwrap_or_default().to_owned()
        };
        let line = row.position().map_or(0, csv::Position::line);
        out.push(read(&at).map_err(|why| format!("line {line}: {why}"))?);
    }
    if out.is_empty() { Err("has no rows".into()) } else { Ok(out) }
}

fn parse_sectors(text: &str) -> Result<BTreeMap<String, SectorTarget>, BenchmarkError> {
    let heads = ["sector", "level", "male_pct", "female_pct", "total_pct"];
    let mut sectors: BTreeMap<String, SectorTarget> = BTreeMap::new();
    read_csv_rows(text, &heads, |at| {
        let share = |head: &str| {
            let text = at(head);
            Share::parse(&text)
                .ok_or_else(|| BenchmarkError::from(format!("{head}: “{text}” is no per cent")))
        };
        let (sector, level) = (at("sector"), at("level"));
        let known = sectors.entry(sector).or_default();
        if level == "disability" {
            known.disability = Some(share("total_pct")?);
            return Ok(());
        }
        let named = Level::VARIANTS.iter().find(|l| l.name() == level);
        let named = named.ok_or_else(|| format!("level: “{level}” is none of the API's"))?;
        let target = LevelTarget {
            male: share("male_pct")?,
            female: share("female_pct")?,
            total: share("total_pct")?,
        };
        match known.levels.insert(*named, target) {
            Some(_) => Err(format!("{level} of this sector stands there twice").into()),
            None => Ok(()),
        }
    })?;
    Ok(sectors)
}

fn parse_eaps(text: &str) -> Result<Vec<Eap>, BenchmarkError> {
    let columns = StatutoryColumn::ALL.into_iter().filter(|column| column.race != Race::Foreign);
    let heads: Vec<(StatutoryColumn, String)> =
        columns.map(|column| (column, column.label().to_lowercase().replace(' ', "_"))).collect();
    let mut wanted = vec!["region", "vintage"];
    wanted.extend(heads.iter().map(|(_, head)| head.as_str()));
    read_csv_rows(text, &wanted, |at| {
        let share = |(column, head): &(StatutoryColumn, String)| match at(head).as_str() {
            "" => Ok(None),
            text => {
                let share = Share::parse(text).ok_or_else(|| format!("{head}: “{text}” is no per cent"))?;
                Ok(Some((*column, share)))
            }
        };
        let shares: Result<Vec<_>, BenchmarkError> = heads.iter().map(share).collect();
        Ok(Eap {
            region: at("region"),
            vintage: at("vintage"),
            shares: shares?.into_iter().flatten().collect(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::SECTORS;

    #[test]
    fn the_shipped_tables_have_every_sector_of_the_api_and_every_region() {
        let shipped = Benchmarks::default();
        assert_eq!(shipped.sector_names().collect::<Vec<_>>(), SECTORS);
        for sector in SECTORS {
            let target = shipped.sector(sector).unwrap();
            assert_eq!(target.levels.keys().copied().collect::<Vec<_>>(), Level::VARIANTS[..4]);
            assert_eq!(target.disability.unwrap().to_string(), "3.0");
            for level in target.levels.values() {
                assert_eq!(level.male.0 + level.female.0, level.total.0, "{sector}");
            }
        }
        assert_eq!(shipped.eaps().len(), 20);
        assert_eq!(shipped.eaps()[0].region, "National");
        let free_state =
            shipped.eaps().iter().find(|r| r.region == "Free State" && r.vintage == "QLFS-2026Q1");
        let indian_women = StatutoryColumn { race: Race::Indian, gender: Gender::Female };
        assert_eq!(free_state.unwrap().share(indian_women), None, "left out is not 0");
    }

    #[test]
    fn a_shortfall_is_the_fewest_people_that_meet_the_share() {
        let share = |text| Share::parse(text).unwrap();
        assert_eq!(share("24.8").standing(2, 11), ShareStanding::Short(1), "3 of 11 are 27.3 %");
        assert_eq!(share("27.3").standing(3, 11), ShareStanding::Short(1), "3 of 11 are less than 27.3 %");
        assert_eq!(share("50").standing(5, 10), ShareStanding::Met(0));
        assert_eq!(share("3.0").standing(0, 10), ShareStanding::Short(1));
        assert_eq!(share("3.0").standing(0, 0), ShareStanding::Nobody);
        assert!(share("20").is_exceeded(3, 10) && !share("30").is_exceeded(3, 10));
    }

    #[test]
    fn an_unreadable_table_file_gives_the_line_and_the_reason() {
        let with =
            |text: &str| Benchmarks::default().with_targets(text, "mine".into()).unwrap_err().to_string();
        let head = "sector,level,male_pct,female_pct,total_pct\n";
        assert_eq!(with("sector,level\nX,top_managers\n"), "has no column male_pct");
        assert_eq!(with(head), "has no rows");
        assert_eq!(with(&format!("{head}X,top,1,2,3\n")), "line 2: level: “top” is none of the API's");
        assert_eq!(with(&format!("{head}X,top_managers,1,2,x\n")), "line 2: total_pct: “x” is no per cent");
        let mine =
            Benchmarks::default().with_targets(&format!("{head}X,top_managers,1,2,3\n"), "mine".into());
        assert!(mine.unwrap().sector("X").unwrap().level(Level::Top).is_some());
    }
}
