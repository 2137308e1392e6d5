// All experts of a model in one memory-mapped file: pages are read on first access and returned to
// the system on release().
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "reference/weights.hpp"

namespace kernelgate::model {

/// A folder, and its name in messages: "--expert-folder /data".
struct ExpertFolder {
  std::filesystem::path path;
  std::string name;
};

class ExpertFile {
 public:
  struct Expert {
    const std::byte* gate_up;  // [2I,H] in the storage type
    const std::byte* down;     // [H,I]
  };

  /// Writes the experts in `type` to a file in `folder`. The file is unlinked once open, so it ends
  /// with the process. Throws BadInput before writing if the folder has too little space. `written`
  /// is called after every expert.
  ExpertFile(const reference::ModelConfig& config, const reference::Weights& weights, Dtype type,
             const ExpertFolder& folder, const std::function<void()>& written = {});
  ~ExpertFile();
  ExpertFile(ExpertFile&& other) noexcept;
  ExpertFile(const ExpertFile&) = delete;
  ExpertFile& operator=(const ExpertFile&) = delete;
  ExpertFile& operator=(ExpertFile&&) = delete;

  std::int64_t layers() const { return layers_; }
  std::int64_t experts() const { return experts_; }  // per layer
  std::int64_t gate_up_bytes() const { return gate_up_bytes_; }
  std::int64_t down_bytes() const { return down_bytes_; }
  std::int64_t expert_bytes() const { return gate_up_bytes_ + down_bytes_; }
  std::int64_t bytes() const { return layers_ * experts_ * stride_; }

  Expert expert(std::int64_t layer, std::int64_t number) const;
  /// Drops the expert's pages from this process's memory; the next access reads them from the file.
  void release(std::int64_t layer, std::int64_t number);

 private:
  std::byte* at(std::int64_t layer, std::int64_t number) const {
    return data_ + (layer * experts_ + number) * stride_;
  }

  std::int64_t layers_, experts_, gate_up_bytes_, down_bytes_;
  std::int64_t stride_ = 0;  // size of an expert, rounded up to whole pages
  std::byte* data_ = nullptr;
};

}  // namespace kernelgate::model
