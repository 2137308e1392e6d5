// Counts the seeded bugs that were found and the clean runs without a diagnostic. Prints the score
// once, after all tests of a program.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace kernelgate {

class Score final : public testing::Environment {
 public:
  /// Registers a score that is printed with words such as "seeded bugs" and "found". GoogleTest
  /// owns it.
  static Score& of(std::string subject, std::string verb) {
    auto* score = new Score(std::move(subject), std::move(verb));  // NOLINT: owned by GoogleTest
    testing::AddGlobalTestEnvironment(score);
    return *score;
  }

  void plant(bool found) {
    ++planted_;
    found_ += found ? 1 : 0;
  }
  void run_clean(bool silent) {
    ++clean_runs_;
    false_alarms_ += silent ? 0 : 1;
  }
  void TearDown() override {
    fmt::print("{}: {} {} / {} seeded, {} false alarms / {} clean runs\n", subject_, found_, verb_,
               planted_, false_alarms_, clean_runs_);
  }

 private:
  Score(std::string subject, std::string verb)
      : subject_(std::move(subject)), verb_(std::move(verb)) {}

  std::string subject_, verb_;
  int planted_ = 0, found_ = 0, clean_runs_ = 0, false_alarms_ = 0;
};

}  // namespace kernelgate
