// A case's identity as text: "tokens=7,out=2048,in=2048,bf16" parses to the case that prints it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/dtype.hpp"

namespace kernelgate {

/// One key=value pair of a case's text; a bare word (the dtype) has an empty key.
struct AxisText {
  std::string key;
  std::string value;
};
/// Splits "a=1,b=2,bf16". Throws BadInput with the text if a part is empty or a key repeats.
std::vector<AxisText> split_axes(std::string_view text);

/// Parses a whole number in [least, most]. BadInput: "axis 'rows': expected a whole number …".
std::int64_t parse_axis_number(std::string_view axis, std::string_view text, std::int64_t least,
                               std::int64_t most);
[[noreturn]] void unknown_axis_word(std::string_view axis, std::string_view text,
                                    std::span<const std::string_view> allowed);
[[noreturn]] void unknown_axis(std::string_view kernel, std::string_view key,
                               const std::vector<std::string>& allowed);

/// The axes of a case type C, in the order in which they print.
template <class C>
class Axes {
 public:
  /// A size: "tokens=7". Sizes are 64-bit; `most` keeps products of axes inside 62 bits.
  Axes& number(std::string_view key, std::int64_t C::*member, std::int64_t least = 1,
               std::int64_t most = std::int64_t{1} << 32) {
    rows_.push_back({std::string(key), [member](const C& c) { return std::to_string(c.*member); },
                     [=, k = std::string(key)](C& c, std::string_view text) {
                       c.*member = parse_axis_number(k, text, least, most);
                     }});
    return *this;
  }

  /// One of several words: "mask=causal". The words are in the order of the enumerators.
  template <class E>
  Axes& word(std::string_view key, E C::*member, const std::vector<std::string_view>& words) {
    rows_.push_back(
        {std::string(key),
         [=](const C& c) { return std::string(words.at(static_cast<std::size_t>(c.*member))); },
         [=, k = std::string(key)](C& c, std::string_view text) {
           for (std::size_t i = 0; i < words.size(); ++i) {
             if (words[i] == text) {
               c.*member = static_cast<E>(i);
               return;
             }
           }
           unknown_axis_word(k, text, words);
         }});
    return *this;
  }

  /// The storage type, a bare word: "bf16". `allowed` defaults to f32, bf16 and f16.
  Axes& dtype(Dtype C::*member,
              const std::vector<Dtype>& allowed = {Dtype::f32, Dtype::bf16, Dtype::f16}) {
    rows_.push_back({"", [member](const C& c) { return std::string(name(c.*member)); },
                     [=](C& c, std::string_view text) {
                       std::vector<std::string_view> words;
                       for (const Dtype type : allowed) {
                         if (name(type) == text) {
                           c.*member = type;
                           return;
                         }
                         words.push_back(name(type));
                       }
                       unknown_axis_word("dtype", text, words);
                     }});
    return *this;
  }

  std::string print(const C& c) const {
    std::string text;
    for (const Row& row : rows_) {
      if (!text.empty()) text += ",";
      if (!row.key.empty()) text += row.key + "=";
      text += row.get(c);
    }
    return text;
  }

  /// Axes that the text leaves out keep their defaults.
  C parse(std::string_view text) const {
    C c{};
    for (const AxisText& part : split_axes(text)) find(part.key).set(c, part.value);
    return c;
  }

 private:
  struct Row {
    std::string key;
    std::function<std::string(const C&)> get;
    std::function<void(C&, std::string_view)> set;
  };

  const Row& find(const std::string& key) const {
    std::vector<std::string> keys;
    for (const Row& row : rows_) {
      if (row.key == key) return row;
      keys.push_back(row.key.empty() ? "a dtype" : row.key);
    }
    unknown_axis(C::kernel, key, keys);
  }

  std::vector<Row> rows_;
};

}  // namespace kernelgate
