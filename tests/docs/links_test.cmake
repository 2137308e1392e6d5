# links.cmake must notice each fault of a small tree made for it, and accept the tree without them.
# cmake -DTEST=<folder of this file> -DWORK=<folder to write> -P links_test.cmake
cmake_minimum_required(VERSION 3.25)

function(try_tree page source expected)
  file(REMOVE_RECURSE "${WORK}")
  file(WRITE "${WORK}/docs/model.md" "# Model\n\n## 1 One\n\n### 1.2 Two\n")
  file(WRITE "${WORK}/README.md" "[model](docs/model.md#1-one) [net](https://example.org/x) ${page}\n")
  file(WRITE "${WORK}/kernels/a.hpp" "// docs/model.md, spec 1.2 and spec 1\n// ${source}\n")
  execute_process(COMMAND "${CMAKE_COMMAND}" -D "SOURCE=${WORK}" -P "${TEST}/links.cmake"
    RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(expected STREQUAL "")
    if(NOT code EQUAL 0)
      message(FATAL_ERROR "a tree without faults was refused:\n${text}")
    endif()
  elseif(code EQUAL 0 OR NOT text MATCHES "${expected}")
    message(FATAL_ERROR "expected '${expected}', got exit ${code}:\n${text}")
  endif()
endfunction()

try_tree("" "" "")
try_tree("[gone](docs/gone.md)" "" "README.md: link to docs/gone.md")
try_tree("" "docs/kernels/gone.md has the rest" "a.hpp: names docs/kernels/gone.md")
try_tree("" "spec 1.3" "'spec 1.3': expected section 1.3")
try_tree("" "spec 1.2, 4.4" "expected section 4.4")
