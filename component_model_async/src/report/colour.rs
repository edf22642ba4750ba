//! The colours of outcomes in a drawing.
//!
//! What always holds: each is legible on white and on black, and people with red-green colour blindness can distinguish
//! all of them.

use super::Outcome;

pub(super) fn colour(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fetched => "#3b82c4",
        Outcome::Cached => "#6b30fb",
        Outcome::Computed => "#8b2dd1",
        Outcome::Stale => "#ab9448",
        Outcome::OtherSource => "#86467b",
        Outcome::LastKnownGood => "#796303",
        Outcome::Fallback => "#c98a1b",
        Outcome::Default => "#1e6432",
        Outcome::Absent => "#939aa3",
        Outcome::Failed => "#d1495b",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Triple = [f64; 3];

    /// How a colour looks without cones for red, without cones for green, and with all: Machado, Oliveira and
    /// Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), at full severity.
    const SIGHTS: [[Triple; 3]; 3] = [
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ];

    /// The linear parts of red, green and blue.
    fn linear(colour: &str) -> Triple {
        [1, 3, 5].map(|begin| {
            let part = f64::from(u8::from_str_radix(&colour[begin..begin + 2], 16).unwrap()) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn times(matrix: [Triple; 3], colour: Triple) -> Triple {
        matrix.map(|row| row.iter().zip(colour).map(|(factor, part)| factor * part).sum::<f64>())
    }

    /// CIELAB, in which distances correspond to perceived differences.
    fn lab(colour: Triple) -> Triple {
        let clamped = colour.map(|part| part.clamp(0.0, 1.0));
        let [x, y, z] = times([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], clamped);
        let [x, y, z] = [x / 0.950_47, y, z / 1.088_83]
            .map(|part: f64| if part > 0.008_856 { part.cbrt() } else { 7.787 * part + 16.0 / 116.0 });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    fn distance(one: Triple, other: Triple) -> f64 {
        one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn people_with_red_green_colour_blindness_can_distinguish_all_outcomes() {
        for (position, one) in Outcome::ALL.into_iter().enumerate() {
            for other in Outcome::ALL.into_iter().skip(position + 1) {
                for sight in SIGHTS {
                    let [one, other] = [one, other].map(|outcome| lab(times(sight, linear(colour(outcome)))));
                    let distance = distance(one, other);
                    // A difference of about 2.3 is just noticeable.
                    assert!(distance > 15.0, "{one:?} and {other:?}: {distance}");
                }
            }
        }
    }

    #[test]
    fn every_colour_is_legible_on_white_and_on_black() {
        for outcome in Outcome::ALL {
            let [red, green, blue] = linear(colour(outcome));
            let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
            let contrasts = [1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05];
            assert!(contrasts.iter().all(|contrast| *contrast > 2.8), "{outcome:?}: {contrasts:?}");
        }
    }
}
