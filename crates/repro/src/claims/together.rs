//! All claims of an experiment tested together.

use super::verdict::{Status, Verdict};
use crate::measures::statistics::{FEWEST, holm};

/// How many of the decided claims stay decided when all claims of the experiment are tested together (Holm), in words; nothing
/// if there are fewer than two to test.
pub fn together(verdicts: &[Verdict]) -> Option<String> {
    let tested: Vec<(&Verdict, f64)> = verdicts
        .iter()
        .filter(|verdict| verdict.signals.is_some_and(|signals| signals >= FEWEST))
        .filter_map(|verdict| Some((verdict, verdict.p_value?)))
        .collect();
    if tested.len() < 2 {
        return None;
    }
    let p_values: Vec<f64> = tested.iter().map(|(_, p_value)| *p_value).collect();
    let alone = |verdict: &Verdict| matches!(verdict.status, Status::Holds | Status::DoesNotHold);
    let decided = tested.iter().filter(|(verdict, _)| alone(verdict)).count();
    let stay = tested.iter().zip(holm(&p_values)).filter(|((verdict, _), stays)| *stays && alone(verdict));
    let (all, stay) = (tested.len(), stay.count());
    Some(match stay == decided {
        true => format!("All {decided} decided of {all} stay so when tested together at 5 % (Holm)."),
        false => {
            format!("{stay} of {decided} decided stay so when all {all} are tested together at 5 % (Holm).")
        }
    })
}
