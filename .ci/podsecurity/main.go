// Command podsecurity checks the pods of rendered manifests against the restricted level of Pod
// Security, with the code by which Kubernetes itself decides. It exits with 1 if one is refused, or
// if there is none.
//
// It is a module of its own: what it needs of Kubernetes must not come near the gateway's.
//
//	go -C .ci/podsecurity run . FILE…
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "podsecurity:", err)
		os.Exit(1)
	}
}

func run(files []string) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	var refused []error
	count := 0
	for _, file := range files {
		pods, err := podsOf(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, pod := range pods {
			count++
			result := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec))
			if !result.Allowed {
				refused = append(refused, fmt.Errorf("%s: %s", file, result.ForbiddenDetail()))
			}
		}
	}
	if count == 0 {
		return errors.New("no pod was found")
	}
	if len(refused) > 0 {
		return errors.Join(refused...)
	}
	fmt.Println(count, "pods meet the restricted level of Pod Security")
	return nil
}

// podsOf returns the pods and the templates of pods in a file of manifests.
func podsOf(file string) ([]corev1.Pod, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var pods []corev1.Pod
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		var kind struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
			return nil, err
		}
		var pod corev1.Pod
		switch kind.Kind {
		case "Pod":
			err = yaml.UnmarshalStrict([]byte(document), &pod)
		case "Deployment":
			var deployment appsv1.Deployment
			err = yaml.UnmarshalStrict([]byte(document), &deployment)
			pod = corev1.Pod{ObjectMeta: deployment.Spec.Template.ObjectMeta, Spec: deployment.Spec.Template.Spec}
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		pods = append(pods, pod)
	}
	return pods, nil
}
