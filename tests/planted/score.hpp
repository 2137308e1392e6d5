// How many bugs were found of those that were planted, and how many clean runs were silent: printed
// once, when all tests of a program have run.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace kernelgate {

class Score final : public testing::Environment {
 public:
  /// "planted bugs", "found". GoogleTest owns it.
  static Score& of(std::string subject, std::string verb) {
    auto* score = new Score(std::move(subject), std::move(verb));  // NOLINT: owned, as said
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
    fmt::print("{}: {} {} / {} planted, {} false alarms / {} clean runs\n", subject_, found_, verb_,
               planted_, false_alarms_, clean_runs_);
  }

 private:
  Score(std::string subject, std::string verb)
      : subject_(std::move(subject)), verb_(std::move(verb)) {}

  std::string subject_, verb_;
  int planted_ = 0, found_ = 0, clean_runs_ = 0, false_alarms_ = 0;
};

}  // namespace kernelgate
