// Ids that end a sequence, as generation_config.json and config.json state them.
#include "reference/generation_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "reference/tests/temporary_folder.hpp"

namespace kernelgate::reference {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::int32_t> eos_of(const std::string& value) {
  return parse_run_statement("{\"eos_token_id\": " + value + "}", "file").eos;
}

std::string refusal(const std::string& value) {
  try {
    eos_of(value);
  } catch (const BadInput& e) {
    return e.what();
  }
  return "accepted";
}

TEST(RunStatement, TakesANumberOrAListOfIds) {
  EXPECT_THAT(eos_of("106"), ElementsAre(106));
  EXPECT_THAT(eos_of("[1, 106, 1]"), ElementsAre(1, 106));
  EXPECT_THAT(eos_of("null"), IsEmpty());
  EXPECT_THAT(eos_of("[]"), IsEmpty());
  EXPECT_THAT(parse_run_statement("{}", "file").eos, IsEmpty());
}

TEST(RunStatement, RefusesWhatIsNoIdByItsKey) {
  for (const std::string value :
       {"-1", "2147483648", "\"</s>\"", "1.5", "[1, -1]", "[[1]]", "{}", "NaN"}) {
    EXPECT_THAT(refusal(value), HasSubstr("file: key 'eos_token_id': expected")) << value;
  }
}

TEST(RunStatement, KeepsTheSamplingThatIsStated) {
  const RunStatement stated = parse_run_statement(
      R"({"temperature": 0.6, "top_k": 20, "top_p": null, "min_p": "x", "bos_token_id": 2})",
      "file");
  EXPECT_EQ(stated.sampling,
            (std::map<std::string, double>{{"temperature", 0.6}, {"top_k", 20.0}}));
  EXPECT_EQ(stated.bos, 2);
}

TEST(StopIds, ComeFromGenerationConfigBeforeConfig) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_stop_ids(folder.path()).source, "");
  folder.write("config.json", R"({"eos_token_id": 1})");
  StopIds stop = read_stop_ids(folder.path());
  EXPECT_THAT(stop.ids, ElementsAre(1));
  EXPECT_EQ(stop.source, "config.json");
  EXPECT_EQ(stop.differs, "");
  folder.write("generation_config.json", R"({"eos_token_id": [106, 1]})");
  stop = read_stop_ids(folder.path());
  EXPECT_THAT(stop.ids, ElementsAre(106, 1));
  EXPECT_EQ(stop.source, "generation_config.json");
  EXPECT_EQ(stop.differs, "config.json has 1");
  folder.write("config.json", R"({"eos_token_id": [1, 106]})");
  EXPECT_EQ(read_stop_ids(folder.path()).differs, "");
  folder.write("generation_config.json", R"({"eos_token_id": null})");
  EXPECT_EQ(read_stop_ids(folder.path()).source, "config.json");
}

}  // namespace
}  // namespace kernelgate::reference
