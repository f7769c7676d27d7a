#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msghub {

// Writes Prometheus' text format, version 0.0.4.
class PrometheusText {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  // Begins a metric: its samples follow. `type` is "counter", "gauge" or "histogram".
  void family(std::string_view name, std::string_view type, std::string_view help);
  // `suffix` of the family's name: "", or "_bucket", "_sum", "_count" of a histogram.
  void sample(double value, const Labels& labels = {}, std::string_view suffix = {});

  const std::string& text() const { return text_; }

 private:
  std::string name_;
  std::string text_;
};

}  // namespace msghub
