/** Small readers of training data: texts, pairs and pictures. */
@NullMarked
package dev.sampo.training.data;

import org.jspecify.annotations.NullMarked;
