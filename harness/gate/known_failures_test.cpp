// Tests the list of known failures: what it excuses, and the three ways in which it fails a gate
// itself.
#include "harness/gate/known_failures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "harness/core/error.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* header = "case,arch,toolchain,reason,expires\n";

std::vector<KnownFailure> read(const std::string& text) {
  // Tests of this file run concurrently in separate processes.
  const std::string file = testing::TempDir() + std::to_string(getpid()) + "_known.csv";
  std::ofstream(file) << text;
  return read_known_failures(file);
}

std::string error_message(const std::string& text) {
  try {
    read(text);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "accepted";
}

Record row_of(Status status) {
  Record r = synthetic::check_row();  // linear/kokkos/tokens=7,out=64,in=64,bf16 by GNU 12.2.0
  r.status = status;
  return r;
}

KnownOutcome outcome(const std::string& row, std::vector<Record> records,
                     const std::string& today = "2026-11-22") {
  const std::vector<KnownFailure> known = read(header + row);
  KnownOutcome result = apply_known_failures(records, known, "gfx1100", today);
  for (auto& expected : result.expected) expected.row = nullptr;  // `known` goes out of scope here
  return result;
}

TEST(KnownFailures, ReadsPatternsReasonsAndDates) {
  const auto rows = read(std::string("# a comment\n") + header +
                         "top_k/native/*,gfx11*,\"GNU 12.*\",\"waits, for #7\",2027-01-31\n");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].cases, "top_k/native/*");
  EXPECT_EQ(rows[0].reason, "waits, for #7");
  EXPECT_EQ(rows[0].line, 3);
  EXPECT_THAT(read(header), IsEmpty());
}

TEST(KnownFailures, RefusesRowsThatSayTooLittle) {
  EXPECT_THAT(error_message(std::string(header) + "a/*,*,*,,2027-01-31\n"),
              HasSubstr("_known.csv:2: column reason"));
  EXPECT_THAT(error_message(std::string(header) + ",*,*,why,2027-01-31\n"),
              HasSubstr("column case"));
  for (const char* date : {"2027-02-29", "31.1.2027", "2027-1-31", "never", "2027-01-31x", ""}) {
    EXPECT_THAT(error_message(std::string(header) + "a/*,*,*,why," + date + "\n"),
                HasSubstr("column expires: got '" + std::string(date) + "'"));
  }
  EXPECT_THAT(error_message("case,arch\na,b\n"), HasSubstr("toolchain"));
}

TEST(KnownFailures, CountsAnExpectedFailureApart) {
  const KnownOutcome got = outcome("linear/kokkos/*,gfx1*,GNU 12*,why,2026-11-22\n",
                                   {row_of(Status::passed), row_of(Status::incorrect)});
  ASSERT_EQ(got.expected.size(), 1U);
  EXPECT_EQ(got.expected[0].record, 1U);
  EXPECT_EQ(got.failures, 0);
  EXPECT_THAT(got.complaints, IsEmpty());
}

TEST(KnownFailures, HoldForTheirOwnCasesArchAndToolchainAlone) {
  for (const char* row : {"linear/native/*,*,*,why,2027-01-31\n", "*,gfx942,*,why,2027-01-31\n",
                          "*,*,GNU 13*,why,2027-01-31\n"}) {
    const KnownOutcome got = outcome(row, {row_of(Status::incorrect)});
    EXPECT_EQ(got.failures, 1) << row;
    EXPECT_THAT(got.complaints, IsEmpty()) << row;
  }
}

TEST(KnownFailures, AnUnexpectedPassAndAnExpiredRowAreComplaints) {
  const KnownOutcome pass = outcome("linear/*,*,*,why,2027-01-31\n", {row_of(Status::passed)});
  EXPECT_THAT(pass.complaints, ElementsAre(HasSubstr("all 1 of its judgements passed")));
  const KnownOutcome late = outcome("linear/*,*,*,why,2026-11-21\n", {row_of(Status::incorrect)});
  EXPECT_THAT(late.complaints, ElementsAre(HasSubstr("until 2026-11-21")));
  EXPECT_EQ(late.failures, 1);  // and is no longer excused
}

TEST(KnownFailures, WhatWasRefusedOrNotRunIsNoPass) {
  EXPECT_THAT(outcome("linear/*,*,*,why,2027-01-31\n", {row_of(Status::unsupported)}).complaints,
              IsEmpty());
  EXPECT_THAT(outcome("linear/*,*,*,why,2027-01-31\n", {}).complaints, IsEmpty());
}

}  // namespace
}  // namespace kernelgate
