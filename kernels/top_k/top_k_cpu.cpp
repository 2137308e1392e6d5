// top_k tuned for the host: threads take rows, or slices of a row where rows are few. Entries are
// totally ordered, so slices and threads cannot change the result.
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <vector>

#include "harness/executors/kokkos/staging.hpp"
#include "kernels/top_k/row_filter.hpp"
#include "kernels/top_k/top_k.hpp"

namespace kernelgate {
namespace {

using Host = Kokkos::DefaultHostExecutionSpace;

/// Workspace and arguments of a case, used by every run.
template <class T>
class HostTopK {
 public:
  HostTopK(const TopKCase& c, TensorSet& tensors)
      : c_(c),
        logits_(tensors["logits"].as<T>().data()),
        length_(tensors["length"].as<std::int32_t>().data()),
        index_(tensors["index"].as<std::int32_t>().data()),
        value_(tensors["value"].as<T>().data()),
        workers_(Host().concurrency()),
        slices_(c.rows >= workers_ ? 1 : (workers_ + c.rows - 1) / c.rows),
        found_(static_cast<std::size_t>(c.rows * slices_ * c.k)),
        found_count_(static_cast<std::size_t>(c.rows * slices_)) {
    for (std::int64_t w = 0; w < workers_; ++w) filters_.emplace_back(c.k);
  }

  void run() {
    for_each_task(c_.rows * slices_, [this](std::int64_t task, RowFilter<T>& filter) {
      const std::int64_t row = task / slices_;
      const std::int64_t length = length_[row];
      const std::int64_t begin = length * (task % slices_) / slices_;
      const std::int64_t end = length * (task % slices_ + 1) / slices_;
      found_count_[static_cast<std::size_t>(task)] =
          filter.select(logits_ + row * c_.columns + begin, end - begin, begin, slot(task));
      if (slices_ == 1) write(row);
    });
    if (slices_ == 1) return;
    for_each_task(c_.rows, [this](std::int64_t row, RowFilter<T>&) {
      merge(row);
      write(row);
    });
  }

 private:
  template <class Task>
  void for_each_task(std::int64_t count, const Task& task) {
    std::atomic<std::int64_t> next{0};
    const Kokkos::RangePolicy<Host> every_worker(0, workers_);
    Kokkos::parallel_for("top_k cpu", every_worker, [&, this](std::int64_t worker) {
      RowFilter<T>& filter = filters_[static_cast<std::size_t>(worker)];
      for (std::int64_t t = next++; t < count; t = next++) task(t, filter);
    });
    Kokkos::fence();
  }

  Entry* slot(std::int64_t task) { return found_.data() + task * c_.k; }

  // Collects the slices' sorted lists at the front of the row's room, in order.
  void merge(std::int64_t row) {
    Entry* all = slot(row * slices_);
    std::int64_t count = 0;
    for (std::int64_t s = 0; s < slices_; ++s) {
      std::int64_t& more = found_count_[static_cast<std::size_t>(row * slices_ + s)];
      std::copy_n(slot(row * slices_ + s), more, all + count);
      std::inplace_merge(all, all + count, all + count + more);
      count += more;
      more = 0;
    }
    found_count_[static_cast<std::size_t>(row * slices_)] = std::min(count, c_.k);
  }

  void write(std::int64_t row) {
    const Entry* best = slot(row * slices_);
    const std::int64_t filled = found_count_[static_cast<std::size_t>(row * slices_)];
    for (std::int64_t j = 0; j < c_.k; ++j) {
      index_[row * c_.k + j] = j < filled ? position_of(best[j]) : -1;
      value_[row * c_.k + j] =
          j < filled ? value_of_key<T>(key_of(best[j])) : from_float<T>(-INFINITY);
    }
  }

  TopKCase c_;
  const T* logits_;
  const std::int32_t* length_;
  std::int32_t* index_;
  T* value_;
  std::int64_t workers_, slices_;
  std::vector<Entry> found_;               // [rows, slices, k]
  std::vector<std::int64_t> found_count_;  // [rows, slices]
  std::vector<RowFilter<T>> filters_;
};

std::unique_ptr<Launch> prepare(const TopKCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) {
    const auto work = std::make_shared<HostTopK<decltype(type)>>(c, tensors);
    return make_launch([work] { work->run(); });
  });
}

}  // namespace

void register_top_k_cpu(Registry& registry) {
  registry.add_variant<TopKCase>(
      {"kokkos/cpu", Backend::kokkos, "host only: a sampled threshold filters one vector pass"},
      prepare);
}

}  // namespace kernelgate
