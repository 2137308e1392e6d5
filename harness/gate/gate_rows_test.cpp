// Tests a part's rows against the exit code of its process.
#include "harness/gate/gate_rows.hpp"

#include <gtest/gtest.h>

#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

Record row_of(Status status, Provenance kind = Provenance::modelled) {
  Record r = synthetic::check_row();  // linear/kokkos
  r.status = status;
  r.provenance = kind;
  return r;
}

GatePart judged(const std::vector<Record>& rows, ExitCode end, const std::string& cases = "none") {
  const KnownFailure known{cases, "*", "*", "why", "2027-01-31", 2};
  GatePart part;
  judge_rows(part, rows, std::span(&known, 1), "gfx942", "2026-11-22", end);
  return part;
}

TEST(GateRows, CountWhatPassedFailedAndWasRefused) {
  const GatePart part =
      judged({row_of(Status::passed), row_of(Status::passed), row_of(Status::unsupported)},
             ExitCode::clean);
  EXPECT_EQ(part.state, PartState::passed);
  EXPECT_EQ(part.kind, Provenance::modelled);
  EXPECT_EQ(part.words, "2 passed, 0 failed, 1 unsupported");
}

TEST(GateRows, SaysOnWhichDeviceAnExecutorsRowsWereRun) {
  Record row = row_of(Status::passed), refused = row_of(Status::unsupported);
  row.device = "amd-gfx942";
  refused.device = "amd-gfx90a";
  EXPECT_EQ(judged({row, refused}, ExitCode::clean).words,
            "1 passed, 0 failed, 1 unsupported, run on amd-gfx942 (w64)");
}

TEST(GateRows, OneFailureClosesThePart) {
  for (const Status bad :
       {Status::incorrect, Status::failed_recheck, Status::crashed, Status::timed_out}) {
    EXPECT_EQ(judged({row_of(Status::passed), row_of(bad)}, ExitCode::incorrect).state,
              PartState::failed);
    // also if the process exited with code 0
    EXPECT_EQ(judged({row_of(bad)}, ExitCode::clean).state, PartState::failed);
  }
}

TEST(GateRows, ExpectedFailuresExcuseTheProcess) {
  const GatePart part = judged({row_of(Status::passed), row_of(Status::incorrect)},
                               ExitCode::incorrect, "linear/kokkos/*");
  EXPECT_EQ(part.state, PartState::passed);
  EXPECT_EQ(part.words, "1 passed, 0 failed, 1 failed as expected");
}

TEST(GateRows, AnExitCodeThatNoRowExplainsStands) {
  EXPECT_EQ(judged({row_of(Status::passed)}, ExitCode::incorrect).state, PartState::failed);
  EXPECT_EQ(judged({row_of(Status::passed)}, ExitCode::bad_input).state, PartState::bad_input);
  EXPECT_EQ(judged({}, ExitCode::invalid_environment).state, PartState::invalid);
}

TEST(GateRows, UnsupportedCasesAloneAndTheReferenceAloneAreNoRun) {
  EXPECT_EQ(judged({row_of(Status::unsupported)}, ExitCode::nothing_ran).state, PartState::not_run);
  Record reference = row_of(Status::passed);
  reference.variant = "reference";
  EXPECT_EQ(judged({reference}, ExitCode::clean).state, PartState::not_run);
  EXPECT_EQ(judged({}, ExitCode::clean).state, PartState::not_run);
}

}  // namespace
}  // namespace kernelgate
