/**
 * Model folders: finding, reading and checking them. Start at {@link dev.sampo.model.ModelFolder}; {@link dev.sampo.model.Inspection} is
 * what there is to say about one.
 */
@NullMarked
package dev.sampo.model;

import org.jspecify.annotations.NullMarked;
