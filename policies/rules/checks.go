package rules

import "slices"

// evaluation checks one resource and says what it found wrong.
type evaluation = func(Environment, *Resource) []string

// mustBeTrue demands a boolean that AWS leaves false unless told.
func mustBeTrue(path string) evaluation { return mustBe(path, true, false) }

// mustNotBeTrue refuses a boolean that AWS leaves false unless told.
func mustNotBeTrue(path string) evaluation { return mustBe(path, false, true) }

// mustNotBeFalse refuses to switch off what AWS switches on unless told.
func mustNotBeFalse(path string) evaluation { return mustBe(path, true, true) }

func mustBe(path string, want, absentIsFine bool) evaluation {
	return func(_ Environment, r *Resource) []string {
		v := r.Properties.Bool(path)
		if v.Unknown() || v.Absent() && absentIsFine || v.Known() && v.Value == want {
			return nil
		}
		return []string{r.Properties.Describe(path)}
	}
}

// mustBeSet demands any value but the empty one.
func mustBeSet(path string) evaluation {
	return func(_ Environment, r *Resource) []string {
		v := r.Properties.Text(path)
		if v.Unknown() || v.Known() && v.Value != "" {
			return nil
		}
		return []string{r.Properties.Describe(path)}
	}
}

// mustBeOneOf demands one of a few words.
func mustBeOneOf(path string, words ...string) evaluation {
	return func(_ Environment, r *Resource) []string {
		v := r.Properties.Text(path)
		if v.Unknown() || v.Known() && slices.Contains(words, v.Value) {
			return nil
		}
		return []string{r.Properties.Describe(path)}
	}
}

// mustBeAtLeast demands a number.
func mustBeAtLeast(path string, least func(Environment) float64) evaluation {
	return func(env Environment, r *Resource) []string {
		v := r.Properties.Number(path)
		if v.Unknown() || v.Known() && v.Value >= least(env) {
			return nil
		}
		return []string{r.Properties.Describe(path)}
	}
}

// missingFrom gives the words that a list lacks, unless some of the list is not known yet.
func missingFrom(r *Resource, path string, words ...string) (missing []string) {
	list := r.Properties.Texts(path)
	if list.Unknown() || list.Partial {
		return nil
	}
	for _, word := range words {
		if !slices.Contains(list.Value, word) {
			missing = append(missing, word)
		}
	}
	return missing
}
