package rules

import "slices"

// judge is the form of a rule that sees one resource.
type judge = func(Environment, *Resource) []string

// mustBeTrue demands a boolean that AWS leaves false unless told.
func mustBeTrue(path string) judge { return mustBe(path, true, false) }

// mustNotBeTrue refuses a boolean that AWS leaves false unless told.
func mustNotBeTrue(path string) judge { return mustBe(path, false, true) }

// mustNotBeFalse refuses to switch off what AWS switches on unless told.
func mustNotBeFalse(path string) judge { return mustBe(path, true, true) }

func mustBe(path string, want, absentIsFine bool) judge {
	return func(_ Environment, r *Resource) []string {
		v := r.Properties.Bool(path)
		if v.Unknown() || v.Absent() && absentIsFine || v.Known() && v.Value == want {
			return nil
		}
		return []string{r.Properties.Describe(path)}
	}
}

// mustBeSet demands any value but the empty one.
func mustBeSet(path string) judge {
	return func(_ Environment, r *Resource) []string {
		v := r.Properties.Text(path)
		if v.Unknown() || v.Known() && v.Value != "" {
			return nil
		}
		return []string{r.Properties.Describe(path)}
	}
}

// mustBeOneOf demands one of a few words.
func mustBeOneOf(path string, words ...string) judge {
	return func(_ Environment, r *Resource) []string {
		v := r.Properties.Text(path)
		if v.Unknown() || v.Known() && slices.Contains(words, v.Value) {
			return nil
		}
		return []string{r.Properties.Describe(path)}
	}
}

// mustBeAtLeast demands a number.
func mustBeAtLeast(path string, least func(Environment) float64) judge {
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
