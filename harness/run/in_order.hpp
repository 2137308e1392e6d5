// Passes results on in the order of their numbers, whatever order they arrive in.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace kernelgate {

/// Holds each result until all results before it have been passed on.
template <class Result>
class InOrder {
 public:
  using Next = std::function<void(std::int64_t, const Result&)>;

  /// `next` is called for the results 0, 1, 2, …, each once it and all before it have arrived.
  explicit InOrder(Next next) : next_(std::move(next)) {}

  void add(std::int64_t number, Result result) {
    waiting_.emplace(number, std::move(result));
    for (auto at = waiting_.find(count_); at != waiting_.end(); at = waiting_.find(count_)) {
      next_(count_, at->second);
      waiting_.erase(at);
      ++count_;
    }
  }

  /// Results passed on so far.
  std::int64_t count() const { return count_; }

 private:
  Next next_;
  std::int64_t count_ = 0;
  std::map<std::int64_t, Result> waiting_;
};

}  // namespace kernelgate
