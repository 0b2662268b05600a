//! Evaluates expressions typed into a cell after `=`: sums, shares of the level, the year before.

use crate::domain::refusal::Refusal;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::plan::target::{Count, MAX_COUNT};

/// The values an expression's words have in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExpressionTerms {
    /// `prev`: the same counter in the year before; `None` in the first year or where there is no number.
    pub previous: Option<Count>,
    /// `server`: the number last read from the server; `None` when it has none.
    pub server: Option<Count>,
    /// `total`, and the whole that `%` refers to: the people at the level before the edit.
    pub total: u64,
}

/// The value of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpressionValue {
    /// The exact value.
    pub exact: Decimal,
    /// The value in whole people, halves rounded up.
    pub count: Count,
}

/// Evaluates an expression given without its `=`: whole and decimal numbers, `+ - * / ( )`, percentages, and
/// the words `prev`, `server` and `total`. `45%` is that share of the level's total; beside `*` or `/` it is
/// 0.45. Fails, with the reason in words, when it cannot be parsed or is no count of people from 0 to
/// [`MAX_COUNT`].
pub fn evaluate(text: &str, terms: &ExpressionTerms) -> Result<ExpressionValue, Refusal> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    let mut reader = ExpressionParser { rest: &text, terms, depth: 0 };
    let exact = reader.sum()?;
    if !reader.rest.is_empty() {
        return Err(
            format!("“{}” cannot be read there", reader.rest.chars().take(8).collect::<String>()).into()
        );
    }
    let whole = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    if whole.is_sign_negative() && !whole.is_zero() {
        return Err(format!("it comes to {}, and a count of people is not below 0", whole.normalize()).into());
    }
    match Count::try_from(whole) {
        Ok(count) if count <= MAX_COUNT => Ok(ExpressionValue { exact: exact.normalize(), count }),
        _ => Err("it comes to more than the server can hold".into()),
    }
}

/// How deeply brackets and minus signs may be nested.
const MAX_DEPTH: usize = 32;

struct ExpressionParser<'a> {
    rest: &'a str,
    terms: &'a ExpressionTerms,
    depth: usize,
}

impl ExpressionParser<'_> {
    fn take(&mut self, sign: char) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn sum(&mut self) -> Result<Decimal, Refusal> {
        let mut sum = self.product()?;
        loop {
            sum = match () {
                () if self.take('+') => check_range(sum.checked_add(self.product()?))?,
                () if self.take('-') => check_range(sum.checked_sub(self.product()?))?,
                () => return Ok(sum),
            }
        }
    }

    fn product(&mut self) -> Result<Decimal, Refusal> {
        let (mut product, mut share) = self.factor()?;
        loop {
            let (sign, (by, also_share)) = match () {
                () if self.take('*') => ('*', self.factor()?),
                () if self.take('/') => ('/', self.factor()?),
                // A percentage on its own is a share of the level's total; as a factor it is hundredths.
                () if share => {
                    return check_range(product.checked_mul(Decimal::from(self.terms.total)))
                        .and_then(hundredth);
                }
                () => return Ok(product),
            };
            product = if std::mem::take(&mut share) { hundredth(product)? } else { product };
            let by = if also_share { hundredth(by)? } else { by };
            product = match sign {
                '*' => check_range(product.checked_mul(by))?,
                _ if by.is_zero() => return Err("nothing can be divided by 0".into()),
                _ => check_range(product.checked_div(by))?,
            };
        }
    }

    /// Parses a factor; the flag says whether it is a percentage.
    fn factor(&mut self) -> Result<(Decimal, bool), Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("it goes deeper than can be followed".into());
        }
        let (value, share) = if self.take('-') {
            let (value, share) = self.factor()?;
            (-value, share)
        } else {
            (self.atom()?, false)
        };
        self.depth -= 1;
        Ok((value, self.take('%') || share))
    }

    fn atom(&mut self) -> Result<Decimal, Refusal> {
        if self.take('(') {
            let inside = self.sum()?;
            return if self.take(')') { Ok(inside) } else { Err("a bracket is not closed".into()) };
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != ',');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        match word {
            "" => Err("a number is missing".into()),
            "prev" => self
                .terms
                .previous
                .map(Decimal::from)
                .ok_or_else(|| "there is no number in the year before".into()),
            "server" => {
                self.terms.server.map(Decimal::from).ok_or_else(|| "the server has no number here".into())
            }
            "total" => Ok(self.terms.total.into()),
            // In South Africa, `1,234` and `1.234` can be either thousands or decimals.
            number if number.split_once([',', '.']).is_some_and(|(_, digits)| digits.len() == 3) => {
                Err(format!("“{number}” could be two numbers; write it without the sign").into())
            }
            number => {
                let known =
                    || format!("“{number}” is no number; the words are prev, server and total").into();
                let digits = number.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',');
                let read = digits.then(|| number.replace(',', ".").parse().ok()).flatten();
                read.ok_or_else(known)
            }
        }
    }
}

fn hundredth(value: Decimal) -> Result<Decimal, Refusal> {
    check_range(value.checked_div(Decimal::ONE_HUNDRED))
}

fn check_range(value: Option<Decimal>) -> Result<Decimal, Refusal> {
    value.ok_or_else(|| "it comes to more than the server can hold".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: ExpressionTerms = ExpressionTerms { previous: Some(6), server: Some(9), total: 44 };

    fn count(text: &str) -> Result<Count, Refusal> {
        evaluate(text, &TERMS).map(|outcome| outcome.count)
    }

    #[test]
    fn sums_products_shares_and_the_year_before_are_evaluated() {
        for (text, result) in [
            ("12+3", 15),
            ("prev+2", 8),
            ("PREV * 1.5", 9),
            ("45%", 20), // 19.8
            ("server-prev", 3),
            ("total/2", 22),
            ("2*(3+4)-1", 13),
            ("-3+5", 2),
            ("0,5*5", 3),     // 2.5, a half up
            ("10%+10%", 9),   // 8.8
            ("prev*110%", 7), // 6.6
            ("50%*total", 22),
            ("total*5%", 2), // 2.2
            ("-10%+10", 6),  // -4.4
        ] {
            assert_eq!(count(text), Ok(result), "{text}");
        }
        assert_eq!(evaluate("45%", &TERMS).unwrap().exact.to_string(), "19.8");
    }

    #[test]
    fn an_expression_without_a_count_as_result_says_why() {
        for (text, why) in [
            ("", "a number is missing"),
            ("3+", "a number is missing"),
            ("(3", "a bracket is not closed"),
            ("3)", "cannot be read there"),
            ("1/0", "divided by 0"),
            ("prev-7", "it comes to -1"),
            ("9999999*9999999", "more than the server can hold"),
            ("abc", "the words are prev, server and total"),
            ("1,234", "could be two numbers"),
            ("1.000", "could be two numbers"),
            ("1e3", "is no number"),
        ] {
            let said = count(text).unwrap_err();
            assert!(said.text().contains(why), "{text}: {said}");
        }
        assert!(evaluate("prev", &ExpressionTerms::default()).unwrap_err().text().contains("year before"));
        assert!(count(&"(".repeat(100_000)).is_err());
    }
}
