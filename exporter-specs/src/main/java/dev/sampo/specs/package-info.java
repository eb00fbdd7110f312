/**
 * What every kind of graph must look like, and the check of a graph against it. Start at {@link dev.sampo.specs.Specs}, which holds the
 * JSON files of {@code exporter-specs/specs}; {@link dev.sampo.specs.SpecCheck} compares, {@link dev.sampo.specs.SampoJson} reads the file
 * that describes a folder without a convention of its own. Knows no ONNX Runtime and no file system.
 */
@NullMarked
package dev.sampo.specs;

import org.jspecify.annotations.NullMarked;
