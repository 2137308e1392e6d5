#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "harness/core/random.hpp"
#include "harness/verify/testing.hpp"
#include "harness/verify/thread_bits.hpp"
#include "kernels/top_k/top_k.hpp"
#include "kernels/top_k/top_k_kokkos.hpp"
#include "kernels/top_k/top_k_reference.hpp"

namespace kernelgate {
namespace {

TEST(TopKCase, ParsesBackToTheSameCase) {
  const TopKCase c{.rows = 3,
                   .columns = 100,
                   .valid = 90,
                   .k = 7,
                   .lengths = TopKLengths::ragged,
                   .data = TopKData::shared22,
                   .order = TopKOrder::any,
                   .type = Dtype::f16};
  EXPECT_EQ(TopKCase::axes().print(c),
            "rows=3,columns=100,valid=90,k=7,lengths=ragged,data=shared22,order=any,f16");
  EXPECT_EQ(TopKCase::axes().parse(TopKCase::axes().print(c)), c);
}

TEST(TopKCase, CountsEveryByteOnce) {
  const TopKCase c{.rows = 2, .columns = 100, .valid = 90, .k = 7, .type = Dtype::bf16};
  // logits 2 x 90 x 2, lengths 2 x 4, value 2 x 7 x 2, index 2 x 7 x 4
  EXPECT_EQ(c.traffic().bytes, 360 + 8 + 28 + 56);
}

TEST(TopKCase, RefusesMoreValidEntriesThanColumns) {
  EXPECT_THROW(check_case("top_k/kokkos/columns=8,valid=9,k=1", DataMode::real), BadInput);
  EXPECT_THROW(check_case("top_k/kokkos/columns=8,k=4097", DataMode::real), BadInput);
}

TEST(TopKReference, OrdersByValueThenPosition) {
  const TopKCase c{.rows = 1, .columns = 8, .valid = 7, .k = 7};
  TensorSet tensors(c.tensors());
  const double x[] = {1, -0.0, NAN, 0.0, 1, -INFINITY, -NAN, INFINITY};
  for (int i = 0; i < 8; ++i) tensors["logits"].set(i, x[i]);
  const ReferenceValues reference_values = c.reference_values(tensors, DataMode::exact, 1);
  ASSERT_EQ(reference_values.numeric.size(), 2U);
  EXPECT_EQ(reference_values.numeric[0].value, (std::vector<double>{2, 0, 4, 3, 1, 5, 6}));
}

class TopKVariant : public ::testing::TestWithParam<const char*> {
 protected:
  void expect_passed(const std::string& axes) {
    for (const CheckResult& result : check_shapes("top_k", {GetParam()}, {axes})) {
      EXPECT_EQ(result.status, Status::passed) << result.id() << "\n" << result.message;
      EXPECT_EQ(result.checked, result.total) << result.id();
    }
  }
};

TEST_P(TopKVariant, SelectsFromEveryKindOfRow) {
  for (const char* data : {"random", "equal", "shared11", "shared22", "ascending", "descending",
                           "neginf", "nan", "all_nan", "tiny"}) {
    for (const char* type : {"f32", "bf16", "f16"}) {
      expect_passed(std::string("rows=8,columns=3001,valid=2900,k=50,lengths=ragged,data=") + data +
                    "," + type);
      expect_passed(std::string("columns=40000,k=1025,data=") + data + "," + type);
    }
  }
}

TEST_P(TopKVariant, TakesEveryK) {
  for (const int k : {1, 2, 3, 31, 32, 33, 63, 64, 65, 1023, 1024, 1025, 4095, 4096}) {
    expect_passed("rows=2,columns=4200,valid=4100,k=" + std::to_string(k) + ",f32");
  }
}

TEST_P(TopKVariant, TakesRowsShorterThanK) {
  for (const int columns : {1, 2, 31, 64, 65}) {
    for (const int k : {1, columns, columns + 1, 4096}) {
      expect_passed("rows=3,columns=" + std::to_string(columns) + ",k=" + std::to_string(k) +
                    ",bf16");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TopKVariant,
                         ::testing::Values("kokkos", "kokkos/device-shape", "baseline/std"));

// The test below runs this one in separate processes. There are fewer rows than threads, as many,
// and more.
TEST(TopKThreads, PrintTheirBits) {
  for (const char* variant : {"kokkos", "kokkos/device-shape"}) {
    for (const char* axes :
         {"columns=70001,k=50,f32", "rows=2,columns=40000,k=1025,data=shared22,bf16",
          "rows=7,columns=33333,k=300,lengths=ragged,data=tiny,f16",
          "rows=3,columns=90000,k=70,data=ascending,f32"}) {
      print_bits(std::string("top_k/") + variant + "/" + axes);
    }
  }
}

TEST(TopKThreads, GiveTheSameBitsWhateverTheirNumber) {
  const std::string one = printed_with_threads("TopKThreads.PrintTheirBits", 1);
  EXPECT_EQ(std::count(one.begin(), one.end(), '\n'), 8) << one;
  EXPECT_EQ(printed_with_threads("TopKThreads.PrintTheirBits", 2), one);
  EXPECT_EQ(printed_with_threads("TopKThreads.PrintTheirBits", 3), one);
}

// The portable kernels with a given team size.
template <class Shape>
auto with_team(int size) {
  return [size](const TopKCase& c, TensorSet& tensors) {
    const Staged<float> logits(tensors["logits"]), value(tensors["value"]);
    const Staged<std::int32_t> length(tensors["length"]), index(tensors["index"]);
    const TopKTeams<Shape, float> work(c.rows, c.columns, c.k,
                                       {logits.view(), length.view(), index.view(), value.view()});
    return make_launch([=] { work.run(size); }, [=] { index.fetch(), value.fetch(); });
  };
}

TEST(TopKKokkos, GivesTheSameForEveryTeamSize) {
  TopKCase c{.rows = 3, .columns = 90000, .k = 1025, .lengths = TopKLengths::ragged};
  for (const TopKData data : {TopKData::random, TopKData::shared22, TopKData::equal}) {
    c.data = data;
    for (int size = 1; size <= Space().concurrency(); ++size) {
      const CheckResult result = check_mutant(c, DataMode::exact, with_team<DeviceShape>(size));
      EXPECT_TRUE(result.status == Status::passed) << size << " threads\n" << result.message;
    }
  }
}

TEST(TopKKokkos, StaysInsideTheScratchOfDevices) {
  for (const std::int64_t rows : {1, 64}) {
    for (const std::int64_t k : {1, 1025, 4096}) {
      const TopKTeams<DeviceShape, float> work(rows, 262272, k, {});
      EXPECT_LE(work.scratch_bytes(), 65536U);
    }
  }
}

// The sample of a slice of n numbers is 16 at each n / 256. Here those are all smaller than the
// rest, or all larger, so that far more numbers reach the guess than there is room for, or too few.
template <class Shape>
void expect_right_where_the_sample_misleads() {
  constexpr int rows = 4, columns = 60000, k = 300;
  const DeviceView<float> logits("logits", rows * columns), value("value", rows * k);
  const DeviceView<std::int32_t> length("length", rows), index("index", rows * k);
  for (int row = 0; row < rows; ++row) {
    length[row] = columns;
    const int slice = row % 2 == 0 ? columns : columns / 3;
    for (int i = 0; i < columns; ++i) {
      const bool sampled = i % slice % (slice / 256) < 16;
      const auto noise = static_cast<float>(word_at(7, static_cast<std::uint64_t>(i)) % 1000000);
      logits[row * columns + i] = noise + (sampled == (row < 2) ? 0.0F : 2e6F);
    }
  }
  TopKTeams<Shape, float>(rows, columns, k, {logits, length, index, value}).run();
  const Values all(Dtype::f32, reinterpret_cast<const std::byte*>(logits.data()), rows * columns);
  for (int row = 0; row < rows; ++row) {
    const auto best = reference::top_k(all.row(row, columns), columns, k);
    for (int j = 0; j < k; ++j) {
      ASSERT_EQ(index[row * k + j], best[static_cast<std::size_t>(j)]) << row << " " << j;
    }
  }
}
TEST(TopKKokkos, IsRightWhereTheSampleMisleads) {
  expect_right_where_the_sample_misleads<SpaceShape>();
  expect_right_where_the_sample_misleads<DeviceShape>();
}

// A correct selection that is then damaged; the checker must report it.
template <class Damage>
CheckResult damaged(const TopKCase& c, Damage damage) {
  return check_mutant(c, DataMode::exact, [damage](const TopKCase& shape, TensorSet& tensors) {
    std::shared_ptr<Launch> right = with_team<SpaceShape>(1)(shape, tensors);
    return make_launch([right, damage, &tensors] {
      right->run();
      right->fetch();
      damage(tensors);
    });
  });
}

struct Fault {
  const char* name;
  void (*damage)(TensorSet&);
};
const Fault faults[] = {
    {"nothing written", [](TensorSet& t) { t["index"].poison(), t["value"].poison(); }},
    {"one slot never written", [](TensorSet& t) { t["index"].set(13, 0xA5A5); }},
    {"row 1 holds row 0's positions",
     [](TensorSet& t) {
       for (int j = 0; j < 10; ++j) t["index"].set(10 + j, t["index"].get(j));
     }},
    {"a padded position", [](TensorSet& t) { t["index"].set(0, 95), t["value"].set(0, 3e38); }},
    {"one position twice",
     [](TensorSet& t) {
       t["index"].set(1, t["index"].get(0)), t["value"].set(1, t["value"].get(0));
     }},
    {"two positions swapped",
     [](TensorSet& t) {
       const double first = t["index"].get(0);
       t["index"].set(0, t["index"].get(9)), t["index"].set(9, first);
     }},
    {"a worse entry instead of the last",  // position of the smallest of row 0
     [](TensorSet& t) {
       int worst = 0;
       for (int i = 1; i < 90; ++i) {
         if (t["logits"].get(i) < t["logits"].get(worst)) worst = i;
       }
       t["index"].set(9, worst), t["value"].set(9, t["logits"].get(worst));
     }},
    {"a value off by one ulp",
     [](TensorSet& t) { t["value"].set(3, t["value"].get(3) * (1 + 0x1p-22)); }},
    {"one past the end",
     [](TensorSet& t) { t["index"].as<std::int32_t>().data()[t["index"].count()] = 1; }},
};

TEST(TopKJudge, RefusesEveryFaultInEitherOrder) {
  for (const TopKOrder order : {TopKOrder::sorted, TopKOrder::any}) {
    const TopKCase c{.rows = 2, .columns = 100, .valid = 90, .k = 10, .order = order};
    EXPECT_TRUE(damaged(c, [](TensorSet&) {}).status == Status::passed);
    for (const Fault& fault : faults) {
      EXPECT_TRUE(damaged(c, fault.damage).status == Status::incorrect) << fault.name;
    }
  }
}

TEST(TopKJudge, TakesAnyOrderAndAnyTieOnlyWhereTheCaseSaysSo) {
  TopKCase c{.rows = 1, .columns = 100, .k = 10, .data = TopKData::equal};
  const auto other_ties = [](TensorSet& t) {
    for (int j = 0; j < 10; ++j) t["index"].set(j, 99 - 3 * j);
  };
  EXPECT_TRUE(damaged(c, other_ties).status == Status::incorrect);
  c.order = TopKOrder::any;
  EXPECT_TRUE(damaged(c, other_ties).status == Status::passed);
}

TEST(TopKJudge, RefusesPaddingThatOutranksMinusInfinity) {  // K7
  const TopKCase c{.rows = 1, .columns = 64, .valid = 60, .k = 40, .data = TopKData::neginf};
  EXPECT_TRUE(damaged(c, [](TensorSet&) {}).status == Status::passed);
  const auto forgets = [](TensorSet& t) { t["index"].set(39, -1); };
  EXPECT_TRUE(damaged(c, forgets).status == Status::incorrect);
}

}  // namespace
}  // namespace kernelgate
