#include "harness/suites/suite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace kernelgate {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A separate data root with one list for kernel "linear".
class Suites : public ::testing::Test {
 protected:
  Suites() : root(fs::path(::testing::TempDir()) / ("suites_" + std::to_string(getpid()))) {
    register_kernels(registry);
    write("kernels/linear/cases/mine.csv",
          "axes\n\"tokens=3,out=4,in=5,bf16\"\n\"tokens=1,f32\"\n");
  }
  ~Suites() override { fs::remove_all(root); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((root / name).parent_path());
    std::ofstream(root / name) << text;
  }
  std::vector<SuiteCase> load(const std::string& text) {
    write("suites/s.csv", text);
    return load_suite(registry, root, "s");
  }
  std::string error_message(const std::string& text) {
    try {
      load(text);
    } catch (const BadInput& error) {
      return error.what();
    }
    return "accepted";
  }

  fs::path root;
  Registry registry;
};

TEST_F(Suites, TakesAListFromEveryKernelThatHasIt) {
  const auto cases = load("kernel,cases,variants\n*,@mine,*\n");
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].shape->id(), "linear/tokens=3,out=4,in=5,output=same,bf16");
  EXPECT_EQ(cases[0].variants.size(), registry.find("linear").variants.size());
  EXPECT_THAT(cases[1].origin, HasSubstr("mine.csv:3"));
}

TEST_F(Suites, ReadsAFileOfAWindowsEditor) {
  const auto cases = load(
      "\xEF\xBB\xBFkernel,cases,variants\r\n\r\nlinear,\"tokens=9,f16\",kokkos\r\nlinear,f32,*");
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_THAT(cases[0].shape->axes(), HasSubstr("tokens=9"));
  EXPECT_THAT(cases[1].shape->axes(), HasSubstr("f32"));
}

TEST_F(Suites, TakesOneCaseAndNamedVariantsInAnyColumnOrder) {
  const auto cases = load("# a comment\nvariants,kernel,cases\nkokkos,linear,\"tokens=9,f16\"\n");
  ASSERT_EQ(cases.size(), 1U);
  ASSERT_EQ(cases[0].variants.size(), 1U);
  EXPECT_EQ(cases[0].variants[0]->name, "kokkos");
  EXPECT_THAT(cases[0].shape->axes(), HasSubstr("tokens=9"));
}

TEST_F(Suites, NamesFileLineColumnGotAndExpected) {
  const std::string header = "kernel,cases,variants\n";
  EXPECT_THAT(error_message(header + "lineal,@mine,*\n"),
              ::testing::AllOf(HasSubstr("s.csv:2: column 'kernel': got 'lineal', expected one of"),
                               HasSubstr(" linear")));
  EXPECT_THAT(error_message(header + "linear,\"tokens=7x\",*\n"),
              ::testing::AllOf(HasSubstr("s.csv:2: column 'cases'"),
                               HasSubstr("axis 'tokens': expected a whole number")));
  EXPECT_THAT(error_message(header + "linear,@mine,fast\n"),
              HasSubstr("s.csv:2: column 'variants': got 'fast', expected one of * kokkos"));
  EXPECT_THAT(error_message(header + "linear,@other,*\n"),
              HasSubstr("column 'cases': got '@other'"));
  EXPECT_THAT(error_message(header + "*,\"tokens=1\",*\n"),
              HasSubstr("expected @list when kernel is *"));
  EXPECT_THAT(error_message("kernel,cases\nlinear,@mine\n"),
              ::testing::AllOf(HasSubstr("s.csv"), HasSubstr("variants"),
                               HasSubstr("expected the columns kernel,cases,variants")));
  EXPECT_THAT(error_message(header + "linear,@mine\n"), HasSubstr("expected the columns"));
  EXPECT_THAT(error_message(header + "linear,@mine,*,more\n"), HasSubstr("expected the columns"));
}

TEST_F(Suites, NamesTheLineOfAListWithABadCase) {
  write("kernels/linear/cases/bad.csv", "axes\n\"tokens=1,f32\"\n\"tokens=0,f32\"\n");
  EXPECT_THAT(error_message("kernel,cases,variants\nlinear,@bad,*\n"),
              ::testing::AllOf(HasSubstr("bad.csv:3: column 'axes'"), HasSubstr("got '0'")));
}

TEST_F(Suites, ListsWhatExistsForAnUnknownSuite) {
  load("kernel,cases,variants\n");
  try {
    load_suite(registry, root, "nightly");
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown suite 'nightly'; there are: s"));
  }
}

}  // namespace
}  // namespace kernelgate
