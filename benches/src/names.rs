//! Planner names, asked for in random order.

/// The name of the planner with this number, of everyday length.
pub fn name(number: usize) -> String {
    format!(
        "{}_planner_{number}",
        ["risk", "structural", "llm", "multi_pass"][number % 4]
    )
}

/// An endless random sequence of names.
///
/// The names lie one after the other in one buffer, in the order they are asked for, so that
/// reading them costs every contender the same little.
#[derive(Debug)]
pub struct Names {
    text: String,
    ends: Vec<usize>,
}

impl Names {
    /// A sequence long enough not to be learned, over the planners numbered below `planners`.
    pub fn new(planners: usize) -> Self {
        // The constants of a 64-bit linear congruential generator: the same order in every run.
        let mut state = 0x5DEE_CE66_u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or(0) % below
        };
        let mut order: Vec<usize> = (0..planners.max(4096)).map(|n| n % planners).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, random(last + 1));
        }
        let mut names = Self {
            text: String::new(),
            ends: Vec::with_capacity(order.len()),
        };
        for number in order {
            names.text.push_str(&name(number));
            names.ends.push(names.text.len());
        }
        names
    }

    /// Calls `visit` with this many names, going round as often as it takes.
    #[inline]
    pub fn visit(&self, count: u64, mut visit: impl FnMut(&str)) {
        let mut left = count;
        while left > 0 {
            let mut start = 0;
            for &end in &self.ends {
                if left == 0 {
                    return;
                }
                visit(&self.text[start..end]);
                start = end;
                left -= 1;
            }
        }
    }
}
