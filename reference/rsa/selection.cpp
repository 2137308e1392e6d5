#include "reference/rsa/selection.hpp"

#include <algorithm>
#include <cctype>

namespace kernelgate::rsa {
namespace {

// Index of the brace that closes the one at `open`; npos if there is none.
std::size_t closing_brace(std::string_view text, std::size_t open) {
  std::int64_t depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;  // \{, \} and \\ are not braces
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

struct Tally {
  std::string form, answer;
  std::int64_t votes = 0;
  std::int64_t first = 0, stands = -1;
};

}  // namespace

std::optional<std::string> last_boxed(std::string_view text) {
  constexpr std::string_view opening = "\\boxed{";
  for (std::size_t at = text.rfind(opening); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : text.rfind(opening, at - 1)) {
    const std::size_t open = at + opening.size() - 1;
    const std::size_t close = closing_brace(text, open);
    if (close != std::string_view::npos)
      return std::string(text.substr(open + 1, close - open - 1));
  }
  return std::nullopt;
}

std::string normalised(std::string_view answer) {
  constexpr std::string_view dropped[] = {"\\left", "\\right", "\\!", "\\,", "\\;", "\\ ", "$"};
  std::string form;
  for (std::size_t i = 0; i < answer.size();) {
    const auto rest = answer.substr(i);
    const auto word = std::find_if(std::begin(dropped), std::end(dropped), [&](auto d) {
      // \left( loses its size prefix; \leftarrow is a different word
      const bool letter =
          rest.size() > d.size() && std::isalpha(static_cast<unsigned char>(rest[d.size()]));
      return rest.starts_with(d) && !(d.size() > 2 && letter);
    });
    if (word != std::end(dropped)) {
      i += word->size();
    } else {
      if (std::isspace(static_cast<unsigned char>(answer[i])) == 0) form += answer[i];
      ++i;
    }
  }
  if (form.ends_with('.')) form.pop_back();
  return form;
}

std::optional<Vote> majority(const std::vector<Candidate>& candidates, std::int64_t least) {
  std::vector<Tally> tallies;  // in the order of their first rollouts
  std::int64_t voters = 0;
  for (std::size_t n = 0; n < candidates.size(); ++n) {
    const Candidate& candidate = candidates[n];
    if (candidate.finish == Finish::failed || !candidate.boxed) continue;
    ++voters;
    const std::string form = normalised(*candidate.boxed);
    auto tally = std::find_if(tallies.begin(), tallies.end(),
                              [&](const Tally& t) { return t.form == form; });
    const auto rollout = static_cast<std::int64_t>(n);
    if (tally == tallies.end()) {
      tally = tallies.insert(tally, {.form = form, .answer = *candidate.boxed, .first = rollout});
    }
    ++tally->votes;
    if (tally->stands < 0 && candidate.finish == Finish::eos) tally->stands = rollout;
  }
  if (voters < std::max<std::int64_t>(1, least)) return std::nullopt;
  const auto best =
      std::max_element(tallies.begin(), tallies.end(), [](const auto& a, const auto& b) {
        return a.votes < b.votes;  // on a tie the first one wins
      });
  return Vote{best->answer, best->stands < 0 ? best->first : best->stands, best->votes, voters};
}

}  // namespace kernelgate::rsa
