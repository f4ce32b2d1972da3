//! The Bamboo simulator over a real socket, with a clock that only the test moves.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod losses;
mod merchants;
mod outcomes;
mod refusals;
mod running;
mod twists;
