// Tests the Kokkos that this build links: team scratch, a scan, its streams and its number parsing.
// The expected number of threads comes from the test's environment (tests.cmake).

#include <gtest/gtest.h>

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

namespace {

using Policy = Kokkos::TeamPolicy<>;
using Member = Policy::member_type;
using Scratch = Kokkos::View<std::int64_t*, Policy::execution_space::scratch_memory_space,
                             Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

constexpr int teams = 37;
constexpr int width = 129;

/// Team t fills its scratch with 0, t+1, 2(t+1), … and writes their sum.
void sum_multiples(const Kokkos::View<std::int64_t*>& sums) {
  Policy policy(teams, 1);
  policy.set_scratch_size(0, Kokkos::PerTeam(Scratch::shmem_size(width)));
  Kokkos::parallel_for(
      "sum_multiples", policy, KOKKOS_LAMBDA(const Member& member) {
        const Scratch row(member.team_scratch(0), width);
        const std::int64_t step = member.league_rank() + 1;
        Kokkos::parallel_for(Kokkos::TeamThreadRange(member, width),
                             [&](int i) { row(i) = i * step; });
        member.team_barrier();
        std::int64_t sum = 0;
        Kokkos::parallel_reduce(
            Kokkos::TeamThreadRange(member, width),
            [&](int i, std::int64_t& partial) { partial += row(i); }, sum);
        Kokkos::single(Kokkos::PerTeam(member), [&] { sums(member.league_rank()) = sum; });
      });
}

TEST(KokkosSetup, RunsTeamsWithScratchAndAScan) {
  const Kokkos::View<std::int64_t*> sums("sums", teams);
  sum_multiples(sums);
  std::int64_t total = 0;
  Kokkos::parallel_scan(
      "scan", teams,
      KOKKOS_LAMBDA(int t, std::int64_t& running, bool final) {
        running += sums(t);
        if (final) sums(t) = running;
      },
      total);
  const auto scanned = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), sums);
  const std::int64_t row = width * (width - 1) / 2;  // 0 + 1 + … + 128
  for (std::int64_t t = 0; t < teams; ++t)
    EXPECT_EQ(scanned(t), row * (t + 1) * (t + 2) / 2) << "after team " << t;
  EXPECT_EQ(total, row * teams * (teams + 1) / 2);
}

TEST(KokkosSetup, TakesTheNumberOfThreadsItIsTold) {
  const char* expected = std::getenv("EXPECTED_THREADS");
  ASSERT_NE(expected, nullptr) << "run this program by ctest";
  EXPECT_EQ(Kokkos::num_threads(), std::stoi(expected));
}

TEST(KokkosSetup, PrintsItsConfigurationToAStream) {
  std::ostringstream out;
  Kokkos::print_configuration(out, true);
  EXPECT_NE(out.str().find("KOKKOS_ENABLE_OPENMP: yes"), std::string::npos) << out.str();
}

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  const Kokkos::ScopeGuard kokkos(count, arguments);
  return RUN_ALL_TESTS();
}
