// Ids that end a sequence, as generation_config.json and config.json state them.
#include "reference/generation_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/core/synthetic_folder.hpp"

namespace kernelgate::reference {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::int32_t> eos_of(const std::string& value) {
  return RunStatement("{\"eos_token_id\": " + value + "}", "file").eos();
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
  EXPECT_THAT(RunStatement("{}", "file").eos(), IsEmpty());
}

TEST(RunStatement, RefusesWhatIsNoIdByItsKey) {
  for (const std::string value :
       {"-1", "2147483648", "\"</s>\"", "1.5", "[1, -1]", "[[1]]", "{}", "NaN"}) {
    EXPECT_THAT(refusal(value), HasSubstr("file: key 'eos_token_id': expected")) << value;
  }
}

TEST(RunStatement, LooksAtAKeyOnlyWhenItIsAskedFor) {
  const RunStatement stated(R"({"eos_token_id": "x", "bos_token_id": [2], "temperature": 0.6})",
                            "file");
  EXPECT_EQ(stated.value("temperature"), 0.6);
  EXPECT_TRUE(stated.value("top_p").is_null());
  EXPECT_EQ(stated.bos(), std::nullopt);
  EXPECT_THROW(stated.eos(), BadInput);
  EXPECT_EQ(RunStatement(R"({"bos_token_id": 2})", "file").bos(), 2);
  EXPECT_EQ(RunStatement(R"({"bos_token_id": -1})", "file").bos(), std::nullopt);
  EXPECT_THROW(RunStatement("[]", "file"), BadInput);
}

TEST(StopIds, ComeFromGenerationConfigBeforeConfig) {
  const synthetic::Folder folder;
  EXPECT_EQ(stop_ids(read_run_statements(folder.path())).source, "");
  folder.write("config.json", R"({"eos_token_id": 1})");
  StopIds stop = stop_ids(read_run_statements(folder.path()));
  EXPECT_THAT(stop.ids, ElementsAre(1));
  EXPECT_EQ(stop.source, "config.json");
  EXPECT_EQ(stop.differs, "");
  folder.write("generation_config.json", R"({"eos_token_id": [106, 1]})");
  stop = stop_ids(read_run_statements(folder.path()));
  EXPECT_THAT(stop.ids, ElementsAre(106, 1));
  EXPECT_EQ(stop.source, "generation_config.json");
  EXPECT_EQ(stop.differs, "config.json has 1");
  folder.write("config.json", R"({"eos_token_id": [1, 106]})");
  EXPECT_EQ(stop_ids(read_run_statements(folder.path())).differs, "");
  folder.write("generation_config.json", R"({"eos_token_id": null})");
  EXPECT_EQ(stop_ids(read_run_statements(folder.path())).source, "config.json");
}

TEST(StopIds, OfALinkWithoutItsTargetAreRefusedAndNotTakenForAbsent) {
  const synthetic::Folder folder;
  folder.write("config.json", R"({"eos_token_id": 1})");
  std::filesystem::create_symlink("blobs/0", folder.path() / "generation_config.json");
  EXPECT_THAT(
      [&] { stop_ids(read_run_statements(folder.path())); },
      testing::ThrowsMessage<BadInput>(HasSubstr(
          "generation_config.json: cannot be read: it is a link to blobs/0, which is not there")));
}

}  // namespace
}  // namespace kernelgate::reference
