// Tests the layouts by which the dialect loads matrix tiles and visits their sums. Each instruction
// is simulated on whole waves' registers as its vendor documents it. The simulations are written
// from the element's side (which lane has a(i, k)?), the layouts from the lane's side, and they
// share no code.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#define KG_BUILD_MODE matrix_layout_test
#define KDEV inline

#include "kernels/common/dialect/common/vec.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {
template <int N, class T>
KDEV Vec<T, N> k_load(const T* from) {
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(from) % (N * sizeof(T)), 0U) << "misaligned";
  return *reinterpret_cast<const Vec<T, N>*>(from);
}
}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

// vec and k_load first: the layouts use them
#include "kernels/common/dialect/common/matrix_layout.hpp"

namespace kernelgate {
namespace {

using Element = std::uint16_t;  // whole numbers; the kind of 16-bit type does not matter here
using Square = std::array<std::array<std::int64_t, 16>, 16>;

/// 32-bit registers by lane, and those of sums: whole numbers below 2^24, so that f32 is exact.
using Registers = std::vector<std::vector<std::uint32_t>>;
using Sums = std::vector<std::vector<float>>;

/// Location of an element in a wave's registers: which register, which half of it, which lanes.
struct Place {
  unsigned gpr, half;
  std::vector<unsigned> lanes;
};

/// V_MFMA_F32_16X16X16_F16 and _BF16, 64 lanes. Sources: CDNA3 ISA, Matrix Arithmetic Instructions;
/// the equations that AMD's matrix instruction calculator prints for cdna2 and cdna3.
struct Mfma {
  static constexpr unsigned wave = 64;
  static Place input(unsigned line, unsigned k) {
    return {k / 2 % 2, k % 2, {16 * (k / 4) + line}};
  }
  static Place sum(unsigned i, unsigned j) { return {i % 4, 0, {16 * (i / 4) + j}}; }
};

/// V_WMMA_F32_16X16X16_F16 and _BF16 of RDNA 3. Sources: RDNA3 ISA, Wave Matrix Multiply Accumulate
/// (inputs are in lanes 0..15 and repeated in every other 16); the calculator's rdna3.
template <unsigned Wave>
struct WmmaGfx11 {
  static constexpr unsigned wave = Wave;
  static Place input(unsigned line, unsigned k) {
    Place place{k / 2, k % 2, {}};
    for (unsigned lane = line; lane < Wave; lane += 16) place.lanes.push_back(lane);
    return place;
  }
  static Place sum(unsigned i, unsigned j) { return {16 * i / Wave, 0, {16 * i % Wave + j}}; }
};

/// The same of RDNA 4 in waves of 32, from the calculator's rdna4. k is dealt out in fours.
struct WmmaGfx12 {
  static constexpr unsigned wave = 32;
  static Place input(unsigned line, unsigned k) {
    return {2 * (k / 8) + k / 2 % 2, k % 2, {16 * (k / 4 % 2) + line}};
  }
  static Place sum(unsigned i, unsigned j) { return {i % 8, 0, {16 * (i / 8) + j}}; }
};
/// In other sources the groups' k are runs of eight. Both descriptions give the same product.
struct WmmaGfx12InRuns : WmmaGfx12 {
  static Place input(unsigned line, unsigned k) {
    return {k % 8 / 2, k % 2, {16 * (k / 8) + line}};
  }
};

/// An input element, or -1 where lanes that must hold the same value differ.
template <class Machine>
std::int64_t input_at(const Registers& registers, unsigned line, unsigned k) {
  const Place place = Machine::input(line, k);
  const auto half_of = [&](unsigned lane) {
    return std::int64_t{registers.at(lane).at(place.gpr) >> (16 * place.half) & 0xFFFFU};
  };
  for (const unsigned lane : place.lanes) {
    if (half_of(lane) != half_of(place.lanes[0])) return -1;
  }
  return half_of(place.lanes[0]);
}

/// The instruction: d = a b + c.
template <class Machine>
void multiply(const Registers& a, const Registers& b, Sums& c) {
  for (unsigned i = 0; i < 16; ++i) {
    for (unsigned j = 0; j < 16; ++j) {
      const Place place = Machine::sum(i, j);
      float& sum = c.at(place.lanes[0]).at(place.gpr);
      for (unsigned k = 0; k < 16; ++k) {
        sum += float(input_at<Machine>(a, i, k) * input_at<Machine>(b, j, k));
      }
    }
  }
}

/// mma.sync.m16n8k16. PTX ISA, Matrix Fragments for mma.m16n8k16 with floating point type: the
/// row and the column of element i of a thread's fragment.
struct MmaSync {
  unsigned group, thread;  // groupID, threadID_in_group
  explicit MmaSync(unsigned lane) : group(lane >> 2), thread(lane % 4) {}
  unsigned a_row(unsigned i) const { return i < 2 || (i >= 4 && i < 6) ? group : group + 8; }
  unsigned a_column(unsigned i) const { return thread * 2 + (i & 1) + (i >= 4 ? 8 : 0); }
  unsigned b_row(unsigned i) const { return thread * 2 + (i & 1) + (i >= 2 ? 8 : 0); }
  unsigned b_column() const { return group; }
  unsigned c_row(unsigned i) const { return i < 2 ? group : group + 8; }
  unsigned c_column(unsigned i) const { return thread * 2 + (i & 1); }
};

std::int64_t half_of(const std::vector<std::uint32_t>& registers, unsigned i) {
  return registers[i / 2] >> (16 * (i % 2)) & 0xFFFFU;
}

/// Two instructions: registers 0 and 1 of b give sums 0..3, the other two the other sums.
void multiply_twice(const Registers& a, const Registers& b, Sums& c) {
  Square left{}, right{};
  for (unsigned lane = 0; lane < 32; ++lane) {
    const MmaSync at(lane);
    for (unsigned i = 0; i < 8; ++i) left[at.a_row(i)][at.a_column(i)] = half_of(a[lane], i);
    for (unsigned i = 0; i < 8; ++i) {
      right[at.b_row(i % 4)][at.b_column() + i / 4 * 8] = half_of(b[lane], i);
    }
  }
  for (unsigned lane = 0; lane < 32; ++lane) {
    const MmaSync at(lane);
    for (unsigned i = 0; i < 8; ++i) {
      const unsigned row = at.c_row(i % 4), column = at.c_column(i % 4) + i / 4 * 8;
      for (unsigned k = 0; k < 16; ++k) c[lane][i] += float(left[row][k] * right[k][column]);
    }
  }
}

/// ldmatrix.x4 of 8 x 8 matrices. PTX ISA, ldmatrix: threads 8 m .. 8 m + 7 give the rows of matrix
/// m; thread T gets elements 2 (T % 4) and 2 (T % 4) + 1 of row T / 4, with .trans of column T / 4.
Registers ldmatrix(const std::vector<const Element*>& row, bool transposed) {
  Registers registers(32, std::vector<std::uint32_t>(4));
  for (unsigned lane = 0; lane < 32; ++lane) {
    for (unsigned m = 0; m < 4; ++m) {
      const auto element = [&](unsigned n) -> std::uint32_t {
        return transposed ? row[8 * m + n][lane / 4] : row[8 * m + lane / 4][n];
      };
      registers[lane][m] = element(lane % 4 * 2) | element(lane % 4 * 2 + 1) << 16;
    }
  }
  return registers;
}

constexpr unsigned stride = 24;  // row stride in shared memory: 16 elements and padding

/// A matrix with a different number in every element, stored by rows and by columns.
struct Matrix {
  Square value{};
  alignas(16) std::array<Element, 16 * stride> rows{}, columns{};
  explicit Matrix(std::int64_t factor) {
    rows.fill(0xFFFF);
    columns.fill(0xFFFF);
    for (unsigned i = 0; i < 16; ++i) {
      for (unsigned j = 0; j < 16; ++j) {
        value[i][j] = (i * 16 + j + 1) * factor % 257;  // 257 is prime: all different
        rows[i * stride + j] = columns[j * stride + i] = static_cast<Element>(value[i][j]);
      }
    }
  }
};

/// A lane's k values as the registers hold them, two per register.
template <class Layout>
std::vector<std::uint32_t> in_registers(const KInputTile<Layout, Element>& tile) {
  std::vector<std::uint32_t> words;
  for (const auto& four : tile.k4) {
    words.push_back(four[0] | std::uint32_t{four[1]} << 16);
    words.push_back(four[2] | std::uint32_t{four[3]} << 16);
  }
  return words;
}

enum class Right { across, along };  // b as rows of k, or as columns

/// Number of wrong elements of a b + c, with c and the result going through the layout's visit.
template <class Layout, class Machine>
int wrong_on_amd(Right way) {
  const Matrix a(5), b(3);
  Registers left, right;
  Sums sums;
  for (unsigned lane = 0; lane < Machine::wave; ++lane) {
    left.push_back(in_registers(k_inputs_along<Layout>(a.rows.data(), stride, lane)));
    right.push_back(in_registers(way == Right::along
                                     ? k_inputs_along<Layout>(b.columns.data(), stride, lane)
                                     : k_inputs_across<Layout>(b.rows.data(), stride, lane)));
    std::vector<float> own(Layout::sums);
    k_visit_sums<Layout>(own, lane, [](u32 i, u32 j, float& x) { x = float(1000 * i + j); });
    sums.push_back(own);
  }
  multiply<Machine>(left, right, sums);
  Square got{};
  for (unsigned lane = 0; lane < Machine::wave; ++lane) {
    k_visit_sums<Layout>(sums[lane], lane,
                         [&](u32 i, u32 j, float& x) { got[i][j] = std::int64_t(x); });
  }
  int wrong = 0;
  for (unsigned i = 0; i < 16; ++i) {
    for (unsigned j = 0; j < 16; ++j) {
      std::int64_t want = 1000 * i + j;
      for (unsigned k = 0; k < 16; ++k) want += a.value[i][k] * b.value[k][j];
      wrong += got[i][j] != want;
    }
  }
  return wrong;
}

template <class Layout, class Machine>
int wrong_on_amd() {
  return wrong_on_amd<Layout, Machine>(Right::across) + wrong_on_amd<Layout, Machine>(Right::along);
}

enum class Address { down_first, right_first };
Registers load(const std::array<Element, 16 * stride>& lds, Address order, bool transposed) {
  std::vector<const Element*> row;
  for (unsigned lane = 0; lane < 32; ++lane) {
    row.push_back(order == Address::down_first
                      ? KLayoutMmaSync::down_first(lds.data(), lane, stride)
                      : KLayoutMmaSync::right_first(lds.data(), lane, stride));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(row.back()) % 16, 0U) << "misaligned";
  }
  return ldmatrix(row, transposed);
}

int wrong_on_nvidia(const Matrix& a, const Matrix& b, const Registers& left,
                    const Registers& right) {
  Sums sums(32, std::vector<float>(KLayoutMmaSync::sums));
  multiply_twice(left, right, sums);
  Square got{};
  for (unsigned lane = 0; lane < 32; ++lane) {
    for (unsigned i = 0; i < KLayoutMmaSync::sums; ++i) {
      got[KLayoutMmaSync::row(lane, i)][KLayoutMmaSync::column(lane, i)] +=
          std::int64_t(sums[lane][i]);
    }
  }
  int wrong = 0;
  for (unsigned i = 0; i < 16; ++i) {
    for (unsigned j = 0; j < 16; ++j) {
      std::int64_t want = 0;
      for (unsigned k = 0; k < 16; ++k) want += a.value[i][k] * b.value[k][j];
      wrong += got[i][j] != want;
    }
  }
  return wrong;
}

TEST(MatrixLayout, OfMfmaGivesTheProduct) { EXPECT_EQ((wrong_on_amd<KLayoutMfma, Mfma>()), 0); }

TEST(MatrixLayout, OfWmmaOnRdna3GivesTheProductAtBothWidths) {
  EXPECT_EQ((wrong_on_amd<KLayoutWmmaGfx11<32>, WmmaGfx11<32>>()), 0);
  EXPECT_EQ((wrong_on_amd<KLayoutWmmaGfx11<64>, WmmaGfx11<64>>()), 0);
}

TEST(MatrixLayout, OfWmmaOnRdna4GivesTheProductWhicheverEightTermsAGroupHolds) {
  EXPECT_EQ((wrong_on_amd<KLayoutWmmaGfx12, WmmaGfx12>()), 0);
  EXPECT_EQ((wrong_on_amd<KLayoutWmmaGfx12, WmmaGfx12InRuns>()), 0);
}

TEST(MatrixLayout, OfMmaSyncGivesTheProduct) {
  const Matrix a(5), b(3);
  const Registers left = load(a.rows, Address::down_first, false);
  EXPECT_EQ(wrong_on_nvidia(a, b, left, load(b.rows, Address::down_first, true)), 0);
  EXPECT_EQ(wrong_on_nvidia(a, b, left, load(b.columns, Address::right_first, false)), 0);
}

// Wrong layouts: rows of another target, runs that overlap, terms of a alone moved.
struct RowsInTurn : KLayoutMfma {
  static constexpr u32 row(u32 lane, u32 i) { return i * 4 + lane / 16; }
};
struct TwiceTheSameTerms : KLayoutWmmaGfx12 {
  static constexpr u32 first_k(u32) { return 0; }
};

TEST(MatrixLayout, AWrongLayoutIsFound) {
  EXPECT_GT((wrong_on_amd<RowsInTurn, Mfma>()), 0);
  EXPECT_GT((wrong_on_amd<TwiceTheSameTerms, WmmaGfx12>()), 0);
  // RDNA 3 takes all terms from every group of lanes; this layout gives each group its own.
  EXPECT_GT((wrong_on_amd<KLayoutWmmaGfx11<32>, WmmaGfx12>()), 0);
  const Matrix a(5), b(3);
  const Registers left = load(a.rows, Address::down_first, false);
  EXPECT_GT(wrong_on_nvidia(a, b, left, load(b.rows, Address::down_first, false)), 0);
  EXPECT_GT(wrong_on_nvidia(a, b, left, load(b.columns, Address::down_first, false)), 0);
  EXPECT_GT(wrong_on_nvidia(a, b, load(a.rows, Address::right_first, false),
                            load(b.rows, Address::down_first, true)),
            0);
}

}  // namespace
}  // namespace kernelgate
