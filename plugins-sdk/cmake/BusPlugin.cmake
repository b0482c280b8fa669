# bus_add_plugin(<name> SOURCES a.cpp ... [LINK library ...])
#
# Builds <name>.so, a plugin for the bus host, into ${BUS_PLUGIN_OUTPUT_DIRECTORY} (default: the build folder). It
# exports exactly one symbol, bus_plugin_v1, and links only if nothing is undefined.

# Outside of the tree of bus: the headers are installed beside this file's folder.
if(NOT TARGET bus_sdk)
  find_path(BUS_SDK_INCLUDE_DIR bus/plugin.h REQUIRED NO_DEFAULT_PATH
    PATHS ${CMAKE_CURRENT_LIST_DIR}/../../../include ${CMAKE_CURRENT_LIST_DIR}/../../../../include
          ${CMAKE_CURRENT_LIST_DIR}/../include)
  add_library(bus_sdk INTERFACE)
  target_include_directories(bus_sdk INTERFACE ${BUS_SDK_INCLUDE_DIR})
endif()

function(bus_add_plugin name)
  cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} MODULE ${A_SOURCES})
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/bus_plugin_v1.map)
  set_target_properties(${name} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${map})
  if(BUS_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${BUS_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_link_libraries(${name} PRIVATE bus_sdk ${A_LINK})
  target_link_options(${name} PRIVATE -Wl,--version-script=${map})
  # The host copies a plugin into sealed memory before it maps it: what is not needed to run costs time at each start.
  target_link_options(${name} PRIVATE $<$<CONFIG:Release,MinSizeRel,RelWithDebInfo>:-Wl,--strip-debug>)
  # The sanitizers' runtime is in the host: with them a plugin has undefined symbols by design.
  if(NOT BUS_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
