/**
 * How each family of models is fine-tuned: which graphs, which loss, which batches. Enter at
 * {@link dev.sampo.training.recipe.Recipes}.
 */
@NullMarked
package dev.sampo.training.recipe;

import org.jspecify.annotations.NullMarked;
