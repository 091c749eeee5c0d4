package api

import (
	"encoding/json"
	"fmt"
	"time"
)

// Settings are what the collector does in an environment.
type Settings struct {
	Environment string
	Cluster     string // the name of the cluster in AWS
	Region      string

	// NodeBytesPerMinute is how much a node may send of what its containers log, on average. Tenants together may have half of it.
	NodeBytesPerMinute int
	// ContainerBytesPerMinute is how much of that one container may have.
	ContainerBytesPerMinute int
	// Programs are those with metrics of their own, by the label app.kubernetes.io/name; MostPrograms of them at most.
	Programs []string

	LogsFolder  string // LogsFolder when empty
	StateFolder string // StateFolder when empty
}

const (
	// memoryMiB is what the collector refuses to hold more than. Its limit in the cluster is above it.
	memoryMiB, spikeMiB = 100, 20
	// queueBytes is what waits for CloudWatch. When it is full nothing is read, and the nodes' own files wait.
	queueBytes, batchBytes = 8 << 20, 512 << 10
	// lineBytes is the longest line that is read whole.
	lineBytes = 64 << 10
	// filesAtOnce bounds how many files are open.
	filesAtOnce = 128
)

type object = map[string]any

// Config is the collector's configuration. JSON is YAML.
func (s Settings) Config() string {
	logsFolder, stateFolder := s.LogsFolder, s.StateFolder
	if logsFolder == "" {
		logsFolder = LogsFolder
	}
	if stateFolder == "" {
		stateFolder = StateFolder
	}
	text, err := json.MarshalIndent(object{
		"extensions": object{
			"file_storage": object{"directory": stateFolder},
			"health":       object{"endpoint": fmt.Sprintf(":%d", HealthPort)},
		},
		"receivers": object{
			"file_log": object{
				"include": []string{logsFolder + "/*/*/*.log"}, "start_at": "beginning", "include_file_path": true, "include_file_name": false,
				"poll_interval": "1s", "max_concurrent_files": filesAtOnce, "max_log_size": lineBytes, "storage": "file_storage",
				// A batch that the memory limit refuses is read again, for as long as it takes.
				"retry_on_failure": object{"enabled": true, "max_elapsed_time": "0s"},
				"operators":        []object{{"type": "container", "format": "containerd", "max_log_size": lineBytes, "on_error": "send_quiet"}},
			},
			"nodestats": object{
				"environment": s.Environment, "cluster": s.Cluster, "node": "${env:" + EnvNode + "}", "address": "${env:" + EnvAddress + "}",
				"interval": time.Minute.String(), "programs": s.Programs,
			},
		},
		"processors": object{
			"memory_limiter": object{"check_interval": "1s", "limit_mib": memoryMiB, "spike_limit_mib": spikeMiB},
			"guard": object{
				"environment": s.Environment, "cluster": s.Cluster, "node": "${env:" + EnvNode + "}",
				"node_bytes_per_minute": s.NodeBytesPerMinute, "container_bytes_per_minute": s.ContainerBytesPerMinute,
			},
		},
		"exporters": object{
			"cloudwatchlogs/containers": s.exporter(LogsGroup(s.Environment)),
			"cloudwatchlogs/nodes":      s.exporter(StatsGroup(s.Environment)),
		},
		"service": object{
			"extensions": []string{"file_storage", "health"},
			"pipelines": object{
				"logs/containers": object{
					"receivers": []string{"file_log"}, "processors": []string{"memory_limiter", "guard"}, "exporters": []string{"cloudwatchlogs/containers"},
				},
				"logs/nodes": object{
					"receivers": []string{"nodestats"}, "processors": []string{"memory_limiter"}, "exporters": []string{"cloudwatchlogs/nodes"},
				},
			},
		},
	}, "", "  ")
	if err != nil {
		panic(err) // there is nothing in it that JSON does not have
	}
	return string(text) + "\n"
}

func (s Settings) exporter(group string) object {
	return object{
		"environment": s.Environment, "region": s.Region, "group": group, "stream": "${env:" + EnvNode + "}", "give_up_after": (5 * time.Minute).String(),
		"queue": object{
			"sizer": "bytes", "queue_size": queueBytes, "block_on_overflow": true, "num_consumers": 1,
			"batch": object{"flush_timeout": "5s", "min_size": batchBytes, "max_size": 2 * batchBytes, "sizer": "bytes"},
		},
	}
}
