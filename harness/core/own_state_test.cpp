#include "harness/core/own_state.hpp"

#include <gtest/gtest.h>
#include <omp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cfenv>
#include <clocale>
#include <cstdio>
#include <filesystem>
#include <limits>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace kernelgate {
namespace {

// Half of the smallest normal number, by a run-time instruction: 0 if subnormals are flushed.
float half_of_the_smallest() {
  volatile float smallest = std::numeric_limits<float>::min();
  return smallest / 2;
}

void flush_subnormals() {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040);  // FTZ, DAZ
#endif
  std::fesetround(FE_UPWARD);
}

TEST(OwnState, HasStandardFloatsInEveryThreadAgain) {
  const OwnState own;
  flush_subnormals();
#pragma omp parallel num_threads(4)
  flush_subnormals();
#if defined(__x86_64__)
  ASSERT_EQ(half_of_the_smallest(), 0.0F);
#endif
  ASSERT_EQ(std::fegetround(), FE_UPWARD);
  omp_set_num_threads(4);
  const OwnState four;
  four.restore();
  std::array<bool, 4> fine{};
#pragma omp parallel num_threads(4)
  fine[static_cast<std::size_t>(omp_get_thread_num())] =
      half_of_the_smallest() == 0x1p-127F && std::fegetround() == FE_TONEAREST;
  EXPECT_EQ(fine, (std::array{true, true, true, true}));
  own.restore();
}

TEST(OwnState, LetsFloatExceptionsOnlyRaiseFlags) {
  const OwnState own;
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() & ~std::uint32_t{_MM_MASK_DIV_ZERO});
  own.restore();
  EXPECT_EQ(_mm_getcsr() & 0xffc0U, 0x1f80U);
#endif
  volatile double zero = 0;
  EXPECT_EQ(1 / zero, std::numeric_limits<double>::infinity());
}

TEST(OwnState, HasItsThreadsBack) {
  omp_set_num_threads(3);
  omp_set_schedule(omp_sched_static, 5);
  const OwnState own;
  omp_set_num_threads(1);
  omp_set_dynamic(1);
  omp_set_schedule(omp_sched_dynamic, 1);
  own.restore();
  EXPECT_EQ(omp_get_max_threads(), 3);
  EXPECT_EQ(omp_get_dynamic(), 0);
  omp_sched_t kind = omp_sched_auto;
  int chunk = 0;
  omp_get_schedule(&kind, &chunk);
  EXPECT_EQ(kind & ~omp_sched_monotonic, omp_sched_static);
  EXPECT_EQ(chunk, 5);
}

TEST(OwnState, HasItsFolderItsUmaskAndItsHandlersBack) {
  const std::filesystem::path here = std::filesystem::current_path();
  const mode_t before = ::umask(022);
  const OwnState own;
  ASSERT_EQ(::chdir("/"), 0);
  ::umask(0777);
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGCHLD, SIG_IGN);
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  own.restore();
  EXPECT_EQ(std::filesystem::current_path(), here);
  EXPECT_EQ(::umask(before), 022U);
  EXPECT_EQ(std::signal(SIGTERM, SIG_DFL), SIG_DFL);
  EXPECT_EQ(std::signal(SIGCHLD, SIG_DFL), SIG_DFL);
  pthread_sigmask(SIG_SETMASK, nullptr, &all);
  EXPECT_EQ(sigismember(&all, SIGTERM), 0);
}

// A custom locale with decimal commas, since a machine may have only C.
class Commas final : public std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
};

TEST(OwnState, HasItsLocalesBack) {
  const OwnState own;
  std::locale::global(std::locale(std::locale::classic(), new Commas));
  ASSERT_NE(std::setlocale(LC_ALL, "C.UTF-8"), nullptr);
  own.restore();
  EXPECT_EQ(std::use_facet<std::numpunct<char>>(std::locale()).decimal_point(), '.');
  EXPECT_STREQ(std::setlocale(LC_ALL, nullptr), "C");
}

}  // namespace
}  // namespace kernelgate
