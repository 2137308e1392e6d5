#include "harness/run/determinism_claim_cases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kernelgate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Sized final : public Case {
 public:
  explicit Sized(std::int64_t flops) : flops_(flops) {}
  std::string kernel() const override { return "k"; }
  std::string axes() const override { return ""; }
  Traffic traffic() const override { return {.bytes = 0, .flops = flops_}; }
  std::vector<TensorSpec> tensors() const override { return {}; }
  void fill(TensorSet&, DataMode, std::uint64_t) const override {}
  ReferenceValues reference_values(const TensorSet&, DataMode, std::uint64_t) const override {
    return {};
  }
  std::optional<std::string> exact_not_applicable() const override { return std::nullopt; }

 private:
  std::int64_t flops_;
};

/// A variant for waves of 32 lanes that does not support sm_75.
Variant variant(bool reproducible) {
  Variant v;
  v.backend = Backend::source;
  v.native = NativeSide{{reproducible, "why"},
                        [](const Case&, const DeviceProfile& p) -> std::optional<std::string> {
                          if (p.wave == 32 && p.name != "nv-sm75") return std::nullopt;
                          return "refused";
                        },
                        [](const Case&, const DeviceProfile& p) { return p.name; }};
  return v;
}

class DeterminismClaims : public ::testing::Test {
 protected:
  void add(std::int64_t flops, const std::string& origin = "suites/smoke.csv:2") {
    SuiteCase c;
    c.shape = std::make_unique<Sized>(flops);
    c.variants = {&promises, &does_not};
    c.origin = origin;
    cases.push_back(std::move(c));
  }
  /// For each case, the number of profiles on which it tests the claim of `v`.
  std::vector<std::size_t> tested(const Variant& v, const VirtualRunOptions& options = {}) const {
    const DeterminismClaimCases determinism_claims(cases, options);
    std::vector<std::size_t> counts;
    counts.reserve(cases.size());
    for (const SuiteCase& c : cases)
      counts.push_back(determinism_claims.profiles(v, *c.shape).size());
    return counts;
  }

  const Variant promises = variant(true), does_not = variant(false);
  std::vector<SuiteCase> cases;
};

TEST_F(DeterminismClaims, AreTestedOnTheLargestCaseThatIsQuick) {
  add(2'000'000);
  add(900'000);
  add(1'000'000);
  add(999'999);
  add(1'000'001);
  EXPECT_THAT(tested(promises), ElementsAre(0, 0, 1, 0, 0));
  EXPECT_THAT(tested(does_not), ElementsAre(0, 0, 0, 0, 0));
  const DeterminismClaimCases determinism_claims(cases, {});
  EXPECT_THAT(determinism_claims.profiles(promises, *cases[2].shape),
              ElementsAre(&device_profile("nv-sm80")));
}

TEST_F(DeterminismClaims, AreTestedOnTheSmallestCaseWhereNoneIsQuick) {
  add(3'000'000);
  add(2'000'000);
  add(250'000'000);
  EXPECT_THAT(tested(promises), ElementsAre(0, 1, 0));
}

TEST_F(DeterminismClaims, LeaveCasesAndOrdersToTheirUserWhereHeNamesThem) {
  add(1000, "--case k/");
  EXPECT_THAT(tested(promises), ElementsAre(0));
  add(1000);
  EXPECT_THAT(tested(promises), ElementsAre(0, 1));
  VirtualRunOptions options;
  options.schedule_seeds = {4};
  EXPECT_THAT(tested(promises, options), ElementsAre(0, 0));
  options.schedule_seeds.clear();
  options.devices = {"amd-gfx942"};
  EXPECT_THAT(tested(promises, options), ElementsAre(0, 0));
}

}  // namespace
}  // namespace kernelgate
