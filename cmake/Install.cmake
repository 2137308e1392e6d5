# Installs the program, its Kokkos unless that is a system library, the suites, case lists and goldens, and
# the licences. The program finds its libraries relative to itself.
include(GNUInstallDirs)

set(kernelgate_doc "${CMAKE_INSTALL_DATADIR}/doc/kernelgate")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${kernelgate_doc}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/suites"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/kernelgate" FILES_MATCHING PATTERN "*.csv")

# Files that the program reads at run time: case lists and the goldens of the model.
foreach(folder IN ITEMS kernels reference tests/oracle/data)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}/"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/kernelgate/${folder}"
    FILES_MATCHING PATTERN "*.csv" PATTERN "*.json" PATTERN "*.safetensors"
    PATTERN "tests" EXCLUDE)
endforeach()

if(TARGET kernelgate)
  file(RELATIVE_PATH to_libraries
    "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
  set_target_properties(kernelgate PROPERTIES INSTALL_RPATH "$ORIGIN/${to_libraries}")
  install(TARGETS kernelgate RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
if(TARGET kernelgate_kokkos_shim)
  install(TARGETS kernelgate_kokkos_shim LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()
if(KERNELGATE_KOKKOS_BUNDLED)
  install(FILES "${KERNELGATE_KOKKOS_LIBRARY}" DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    RENAME "${KERNELGATE_KOKKOS_SONAME}")
  install(FILES ${KERNELGATE_KOKKOS_LICENCE} DESTINATION "${kernelgate_doc}" RENAME LICENSE.Kokkos)
endif()
