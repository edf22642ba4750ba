//! A setting of a circuit breaker that is none.

use component_model::Policies;

fn main() {
    let _ = Policies::new().circuit_breaker(5);
}
