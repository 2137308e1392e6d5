#include "harness/model/token_ids.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/core/error.hpp"
#include "harness/records/synthetic.hpp"

namespace kernelgate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_message(std::string_view text) {
  try {
    parse_token_ids(text, "ids");
  } catch (const BadInput& error) {
    return error.what();
  }
  return "accepted";
}

TEST(TokenIds, AFileHoldsAListInAnyOfTheUsualForms) {
  for (const std::string_view text :
       {"2,39,76", "2,39,76\n", "2\n39\n76\n", "2 39 76", "2, 39, 76\n", "2,39,\n76\n",
        "[2, 39, 76]\n", "[[2, 39, 76]]\n", "[\n  2,\n  39,\n  76\n]\n", "2\r\n39\r\n76\r\n\r\n",
        "\xEF\xBB\xBF[2,39,76]", "\n\n2\t39\n\n76\n\n"}) {
    EXPECT_THAT(parse_token_ids(text, "ids"), ElementsAre(2, 39, 76)) << text;
  }
}

TEST(TokenIds, ATableGivesItsColumnId) {
  for (const std::string_view text :
       {"id\n2\n39\n76\n", "id\r\n2\r\n39\r\n76", "\xEF\xBB\xBFid\n2\n39\n76\n\n",
        "position,id,piece\n0,2,\"a,b\"\n1,39,c\n2,76,d\n", "\"id\"\n2\n39\n76\n"}) {
    EXPECT_THAT(parse_token_ids(text, "ids"), ElementsAre(2, 39, 76)) << text;
  }
}

TEST(TokenIds, AMessageNamesTheLineAndWhatStandsThere) {
  EXPECT_EQ(error_message("2\n39\nx\n"), "ids:3: expected token ids such as 2,39,76, got 'x'");
  EXPECT_EQ(error_message("2,39\n7.5\n"), "ids:2: expected token ids such as 2,39,76, got '7.5'");
  EXPECT_EQ(error_message("2,-1"), "ids:1: expected token ids such as 2,39,76, got '-1'");
  EXPECT_EQ(error_message("2\n2147483648\n"),
            "ids:2: expected token ids such as 2,39,76, got '2147483648'");
  EXPECT_EQ(error_message("id\n2\nx\n"), "ids:3: expected token ids such as 2,39,76, got 'x'");
  EXPECT_THAT(error_message("token\n2\n"), HasSubstr("expected the column id, or a plain list"));
}

TEST(TokenIds, AListThatMayHaveBeenCutIsRefused) {
  for (const std::string_view text : {"2,,76", "2,39,", "2,39,\n", ",2", "[2,39", "2]", "[2,]",
                                      "[2] 39", "[[2]", "[[2],[3]]", "[[[2]]]", "2[39]"}) {
    EXPECT_THAT(error_message(text), HasSubstr("ids:1: expected")) << text;
  }
}

TEST(TokenIds, AListThatEndsWithACommaIsRefusedByTheMissingId) {
  EXPECT_EQ(error_message("2,\n39,\n"), "ids:2: expected an id after the last comma");
}

TEST(TokenIds, NoIdAtAllIsRefused) {
  for (const std::string_view text : {"", "\n", "[]", "id\n", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(error_message(text), "ids: expected at least one token id, got none") << text;
  }
}

TEST(TokenIds, AnOptionIsAListOrTheNameOfAFile) {
  const synthetic::Folder folder;
  const std::string file = (folder.path() / "prompt").string();
  std::ofstream(file) << "[2, 39]\n";
  EXPECT_THAT(read_token_ids(file, "--input-ids"), ElementsAre(2, 39));
  EXPECT_THAT(read_token_ids("2,39", "--input-ids"), ElementsAre(2, 39));
  EXPECT_THAT(read_token_ids("[2, 39]", "--input-ids"), ElementsAre(2, 39));
  std::ofstream(file) << "2,x\n";
  try {
    read_token_ids(file, "--input-ids");
    ADD_FAILURE() << "accepted";
  } catch (const BadInput& error) {
    EXPECT_EQ(error.what(),
              "--input-ids " + file + ":1: expected token ids such as 2,39,76, got 'x'");
  }
}

}  // namespace
}  // namespace kernelgate
