// Tests the one exit code of many parts, and the summary that lists each part.
#include "harness/gate/gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kernelgate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

GatePart part(PartState state, const char* name = "a part") {
  GatePart p;
  p.name = name;
  p.state = state;
  p.kind = Provenance::modelled;
  p.words = "words of it";
  p.command = "kernelgate check";
  return p;
}

ExitCode decided(const std::vector<PartState>& states, bool strict = false) {
  std::vector<GatePart> parts;
  parts.reserve(states.size());
  for (const PartState state : states) parts.push_back(part(state));
  return decide(parts, strict);
}

TEST(Gate, TheGravestPartDecides) {
  using enum PartState;
  EXPECT_EQ(decided({passed, not_run, passed}), ExitCode::clean);
  EXPECT_EQ(decided({passed, failed, slower}), ExitCode::incorrect);
  EXPECT_EQ(decided({passed, slower}), ExitCode::slower);
  EXPECT_EQ(decided({failed, bad_input}), ExitCode::incorrect);
  EXPECT_EQ(decided({failed, bad_input, invalid}), ExitCode::incorrect);
  EXPECT_EQ(decided({bad_input, invalid}), ExitCode::invalid_environment);
  EXPECT_EQ(decided({slower, bad_input}), ExitCode::bad_input);
}

TEST(Gate, CannotTellClosesItOnlyWhenStrict) {
  using enum PartState;
  EXPECT_EQ(decided({passed, cannot_tell}), ExitCode::clean);
  EXPECT_EQ(decided({passed, cannot_tell}, true), ExitCode::cannot_tell);
  EXPECT_EQ(decided({slower, cannot_tell}, true), ExitCode::slower);
}

TEST(Gate, NothingThatRanIsNoPass) {
  EXPECT_EQ(decided({PartState::not_run, PartState::not_run}), ExitCode::nothing_ran);
  EXPECT_EQ(decided({}), ExitCode::nothing_ran);
}

TEST(Gate, EveryExitCodeOfAPartHasItsState) {
  EXPECT_EQ(state_of(ExitCode::clean), PartState::passed);
  EXPECT_EQ(state_of(ExitCode::incorrect), PartState::failed);
  EXPECT_EQ(state_of(ExitCode::bad_input), PartState::bad_input);
  EXPECT_EQ(state_of(ExitCode::slower), PartState::slower);
  EXPECT_EQ(state_of(ExitCode::cannot_tell), PartState::cannot_tell);
  EXPECT_EQ(state_of(ExitCode::nothing_ran), PartState::not_run);
  EXPECT_EQ(state_of(ExitCode::invalid_environment), PartState::invalid);
  EXPECT_EQ(state_of(ExitCode::missing_resource), PartState::invalid);
  EXPECT_EQ(state_of(ExitCode::internal_error), PartState::failed);
  EXPECT_EQ(state_of(ExitCode::device_lost), PartState::failed);
}

TEST(Gate, TheScreenNamesEachPartWithItsKindAndHowToRunItAgain) {
  const std::vector<GatePart> parts{part(PartState::failed, "executor"),
                                    part(PartState::not_run, "timing")};
  const std::string text = summary("gfx1100", parts, ExitCode::incorrect);
  EXPECT_THAT(text, HasSubstr("FAILED       executor                   modelled"));
  EXPECT_THAT(text, HasSubstr("rerun      kernelgate check"));
  EXPECT_THAT(text, HasSubstr("modelled  executor\n"));
  EXPECT_THAT(text, HasSubstr("not run   timing\n"));
  EXPECT_THAT(text, HasSubstr("gate gfx1100 closed: incorrect (exit code 1)"));
  EXPECT_THAT(text, Not(HasSubstr("measured")));
}

}  // namespace
}  // namespace kernelgate
